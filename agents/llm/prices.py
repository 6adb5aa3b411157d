"""What a language model costs: a table that the user may edit."""

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.llm.usage import Usage
from catalog.errors import SettingsError

SHIPPED = Path(__file__).with_name("prices.toml")
CURRENCY = "USD"
_MILLION = 1_000_000


class Price(BaseModel):
    """One entry of the table; see the comments at the top of `prices.toml`.

    Attributes:
        input, cached, output: USD per million tokens; `cached` None costs as much as `input`.
        second: USD per second of the run.
        reads, writes: tokens per second of one request.
        seconds: of one request beside reading and writing.
        serial: requests take turns.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    input: float = Field(ge=0.0, allow_inf_nan=False)
    output: float = Field(ge=0.0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0.0, allow_inf_nan=False)
    second: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    reads: float = Field(default=5000.0, gt=0.0, allow_inf_nan=False)
    writes: float = Field(default=60.0, gt=0.0, allow_inf_nan=False)
    seconds: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    serial: bool = False

    def of(self, usage: Usage, seconds: float = 0.0) -> float:
        """USD for some usage and `seconds` of running."""
        return self.of_tokens(usage.tokens_in, usage.tokens_out, usage.tokens_cached) + self.second * seconds

    def of_tokens(self, tokens_in: float, tokens_out: float, tokens_cached: float = 0.0) -> float:
        """USD for tokens; `tokens_cached` of `tokens_in` were kept by the provider."""
        kept = min(tokens_cached, tokens_in)
        cached = self.input if self.cached is None else self.cached
        return ((tokens_in - kept) * self.input + kept * cached + tokens_out * self.output) / _MILLION

    def seconds_of(self, tokens_in: float, tokens_out: float, calls: float) -> float:
        """Seconds that requests of so many tokens take one after the other."""
        return calls * self.seconds + tokens_in / self.reads + tokens_out / self.writes


class Prices(BaseModel):
    """A price table: entries by model, `*` for anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: Mapping[str, Price]

    def find(self, model: str) -> Price | None:
        """The entry whose key fits best; None where there is none."""
        fitting = [key for key in self.models if fnmatchcase(model, key)]
        return self.models[max(fitting, key=len)] if fitting else None


def load_prices(own: Path | None = None) -> Prices:
    """The shipped table with the user's entries over it.

    Raises:
        SettingsError: a file cannot be read or holds a wrong key or value; names file and key.
    """
    shipped = _read(SHIPPED)
    return shipped if own is None else Prices(models={**shipped.models, **_read(own).models})


def require_price(prices: Prices, model: str) -> Price:
    """The price of a model.

    Raises:
        SettingsError: the table has none.
    """
    price = prices.find(model)
    if price is None:
        raise SettingsError(
            f"There is no price of {model!r}.",
            fix=f'Write `[models."{model}"]` with `input` and `output` into a file for `--prices`.',
        )
    return price


def _read(path: Path) -> Prices:
    try:
        return Prices.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The price table `{path}` cannot be read: {error}.", fix="Repair it.") from error
    except ValidationError as error:
        raise _wrong(path, error) from error


def _wrong(path: Path, error: ValidationError) -> SettingsError:
    problem = error.errors(include_url=False)[0]
    key = ".".join(f'"{part}"' if "." in str(part) else str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        fix = f"Take it out; an entry has {', '.join(Price.model_fields)}."
        return SettingsError(f"The price table `{path}` has a key too many: `{key}`.", fix=fix)
    if problem["type"] == "missing":
        return SettingsError(f"The price table `{path}` lacks `{key}`.", fix="Add it.")
    return SettingsError(
        f"In the price table `{path}`, `{key}` is {problem['input']!r}: {problem['msg']}.", fix="Correct it."
    )
