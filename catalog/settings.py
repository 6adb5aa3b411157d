"""Settings, one model for all of Dual-Expert: command line over environment over file over defaults."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from catalog.errors import SettingsError

ENV_PREFIX = "DUAL_EXPERT_"
TOML_FILE = "dual-expert.toml"
NO_LLM = "none"
SELECTOR_LLM = "selector"
STRATEGY_PARTS = (
    "zero_shot",
    "leaf",
    "full_path",
    "name",
    "definition",
    "neighbours",
    "primary_function",
    "rank",
    "cot_rank",
    "likelihood",
)
_COMMAND_LINE = "command line"
_DEFAULT = "default"


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dual-expert"


class Settings(BaseSettings):
    """What does not belong to one command; read it with `load_settings`.

    Attributes:
        threads: CPU threads for models; None takes all physical cores as torch sees them.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`, …
        cache_dir: downloaded and derived files; `~` is the home folder.
        llm: `embedded`, `embedded:NAME`, `vllm:MODEL`, what LangChain's `init_chat_model` takes, `selector`
            (no language model, the workspace's selector ranks) or `none`.
        llm_base_url: of an OpenAI-compatible server.
        llm_timeout_s: seconds that one answer may take.
        llm_max_retries: attempts after the first one failed.
        llm_concurrency: requests in flight at once.
        llm_cache: SQLite file that keeps answers, so that the same question is not paid twice; it holds what
            sellers wrote. None keeps nothing.
        strategy: how the general expert ranks: `auto` asks the model what it can do, else one of
            `STRATEGY_PARTS` or several joined by `+`.
        tie_margin: candidates whose probabilities lie this near are a near tie, which is asked again.
        extra_calls: most times that a near tie is asked again.
        top_k: candidates a product.
        chunk_rows: products that go through the graph together.
        definitions: SQLite file or Postgres URL of the definitions; None takes the workspace's own file.
        accept_gemma_terms: whether the user accepts the terms of use of Gemma.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        toml_file=TOML_FILE,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # a traceback must not show the key
    )

    threads: int | None = Field(default=None, ge=1)
    device: str = Field(default="auto", min_length=1)
    cache_dir: Path = Field(default_factory=_default_cache)
    llm: str = Field(default="embedded", min_length=1)
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_timeout_s: float = Field(default=60.0, gt=0.0, allow_inf_nan=False)
    llm_max_retries: int = Field(default=4, ge=0)
    llm_concurrency: int = Field(default=16, ge=1)
    llm_cache: Path | None = None
    strategy: str = "auto"
    tie_margin: float = Field(default=0.05, ge=0.0, le=1.0)
    extra_calls: int = Field(default=2, ge=0)
    top_k: int = Field(default=10, ge=1)
    chunk_rows: int = Field(default=1024, ge=1)
    definitions: SecretStr | None = None  # a URL may hold a password
    accept_gemma_terms: bool = False

    _sources: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def definitions_location(self) -> str | None:
        """`definitions`, unmasked."""
        return self.definitions.get_secret_value() if self.definitions else None

    @field_validator("cache_dir", "llm_cache")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @field_validator("strategy")
    @classmethod
    def _known_strategy(cls, value: str) -> str:
        if value != "auto" and not set(value.split("+")) <= set(STRATEGY_PARTS):
            raise ValueError(f"take `auto`, or of {', '.join(STRATEGY_PARTS)} one or several joined by `+`")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: Any) -> Settings:
    """Settings as they hold here and now.

    Args:
        overrides: from the command line, by field name; None stands for an option that was not given.

    Raises:
        SettingsError: a value makes no sense or a name is unknown; names it, the value and its source.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    sources = _sources(given)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise _settings_error(error.errors(include_url=False)[0], sources) from error
    settings._sources = sources
    return settings


def settings_sources(settings: Settings) -> list[tuple[str, str, str]]:
    """Name, value (secrets masked) and source of every setting that `load_settings` gave."""
    return [
        (name, str(getattr(settings, name)), settings._sources.get(name, _DEFAULT))
        for name in Settings.model_fields
    ]


def _sources(given: Mapping[str, object]) -> dict[str, str]:
    """Where each name that is set anywhere comes from."""
    try:
        in_file = TomlConfigSettingsSource(Settings)()
    except (OSError, TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{TOML_FILE}` cannot be read: {error}.", fix="Repair or remove it.") from error
    in_environment = EnvSettingsSource(Settings)()
    return {
        **dict.fromkeys(in_file, f"`{TOML_FILE}`"),
        **{name: f"environment `{ENV_PREFIX}{name.upper()}`" for name in in_environment},
        **dict.fromkeys(given, _COMMAND_LINE),
    }


def _settings_error(problem: ErrorDetails, sources: Mapping[str, str]) -> SettingsError:
    name = str(problem["loc"][0])
    source = sources.get(name, _DEFAULT)
    if problem["type"] == "extra_forbidden":
        close = get_close_matches(name, Settings.model_fields, n=1, cutoff=0.0)[0]
        return SettingsError(f"`{name}` ({source}) is not a setting.", fix=f"Did you mean `{close}`?")
    shown = "'**********'" if name == "llm_api_key" else repr(problem["input"])
    return SettingsError(
        f"`{name}` is {shown} ({source}): {problem['msg']}.",
        fix="Correct it, or leave it out for the default.",
    )
