"""What-if questions as changes: which words name what, and what has to run again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from app.chat.records import RunSettings
from catalog.errors import SettingsError
from catalog.product import Product
from prompts.files import parse_ref

M = TypeVar("M", bound=BaseModel)

_PRODUCT: Final = ("title", "description", "brand", "locale", "bullets")
_SETTINGS: Final[Mapping[str, str]] = {
    "k": "top_k",
    "top_k": "top_k",
    "threshold": "threshold",
    "model": "llm",
    "llm": "llm",
    "strategy": "strategy",
    "prompt": "prompt",
}
_WORDS: Final[Mapping[str, str]] = {"top_k": "k", "llm": "model"}
CHANGEABLE: Final = (*_PRODUCT, "k", "threshold", "model", "strategy", "prompt")
# From this node on everything runs again; the rest is the gate and what follows it.
_FROM_THE_START: Final = frozenset((*_PRODUCT, "top_k"))

_NAMES = "|".join((*_PRODUCT, *_SETTINGS))
_PART = re.compile(
    rf"(?:^|[,;]\s*|\s+and\s+|\s+)(?:the\s+)?({_NAMES})\s*(?:=|:|\s(?:were|was|is|to)\s)\s*", re.IGNORECASE
)
_BARE = re.compile(rf"^(?:the\s+)?({_NAMES})\s+(.+)$", re.IGNORECASE | re.DOTALL)
_VERSION = re.compile(r"v\d+")
_GATE = ("gate", "none", "")


@dataclass(frozen=True)
class Change:
    """Values by the name of a product's field or of a setting.

    Attributes:
        product: fields of `Product`.
        settings: fields of `RunSettings`.
    """

    product: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reroutes(self) -> bool:
        """Whether the recommendation stays, so that the encoder need not run."""
        return _FROM_THE_START.isdisjoint((*self.product, *self.settings))

    def __str__(self) -> str:
        """Such as `title = 'Dog bed', threshold = 0.9`."""
        product = [f"{name} = {value!r}" for name, value in self.product.items()]
        settings = [f"{_WORDS.get(n, n)} = {_shown(v)}" for n, v in self.settings.items()]
        return ", ".join([*product, *settings])

    def of_product(self, product: Product) -> Product:
        """The product with the change.

        Raises:
            SettingsError: a value makes no sense.
        """
        return _validated(Product, {**product.model_dump(), **self.product})

    def of_settings(self, run: RunSettings) -> RunSettings:
        """The settings with the change; raises as `of_product`."""
        return _validated(RunSettings, {**run.model_dump(), **self.settings})


def read_change(text: str, prompt: str) -> Change:
    """A change from words, such as `title = Dog bed, locale = de-DE`, `the threshold were 0.9` or `k 5`.

    Args:
        prompt: name and version of the prompt in use, for `prompt = v2`; empty without one.

    Raises:
        SettingsError: it names nothing that can be changed, or a value makes no sense.
    """
    values = _named(text)
    if not values:
        fix = f"Write `NAME = VALUE`; names are {', '.join(CHANGEABLE)}."
        raise SettingsError(f"{text!r} names nothing that can be changed.", fix=fix)
    product = {n: _bullets(v) if n == "bullets" else v for n, v in values.items() if n in _PRODUCT}
    settings = {_SETTINGS[n]: _setting(_SETTINGS[n], v, prompt) for n, v in values.items() if n in _SETTINGS}
    return Change(product, settings)


def _named(text: str) -> dict[str, str]:
    stripped = text.strip()
    marks = list(_PART.finditer(f" {stripped}"))
    if not marks or marks[0].start() > 0:
        bare = _BARE.match(stripped)
        return {bare[1].lower(): _unquoted(bare[2])} if bare else {}
    ends = [mark.start() for mark in marks[1:]] + [len(stripped) + 1]
    padded = f" {stripped}"
    return {
        mark[1].lower(): _unquoted(padded[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)
    }


def _unquoted(text: str) -> str:
    bare = text.strip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare


def _bullets(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _setting(name: str, value: str, prompt: str) -> object:
    if name == "threshold" and value.lower() in _GATE:
        return None
    if name != "prompt" or not _VERSION.fullmatch(value):
        return value
    ref = parse_ref(prompt)
    if ref is None:
        fix = "Write its name too, such as `prompt = general_expert/rank.v1`."
        raise SettingsError(f"No prompt is in use that has a version {value!r}.", fix=fix)
    return f"{ref.name}.{value}"


def _validated(model: type[M], values: Mapping[str, object]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise SettingsError(
            f"`{problem['loc'][0]}` is {problem['input']!r}: {problem['msg']}.", fix="Give another value."
        ) from error


def _shown(value: object) -> str:
    return "the gate's own" if value is None else str(value)
