"""Reasoning that can be trusted: the answer schemas, and quotes that really stand in the product's text."""

from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from agents.case import Deliberation
from catalog.product import Product
from catalog.text import normalise, product_text, text_key

Clue = Annotated[str, Field(min_length=1, max_length=160)]
NONE_FITS = 0
"""What a model answers when no candidate fits; after it, a ranking counts no more."""
MIN_LETTERS = 4
ECHO_SHARE = 0.6
STRUCK = "struck: not in the product's text"


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Explanation(_Answer):
    """Grounds for a category that was chosen by likelihood."""

    user: str = Field(max_length=60)
    use_case: str = Field(max_length=80)
    reason: str = Field(min_length=1, max_length=180)


class Choice(_Answer):
    """One candidate number; `choice_schema` bounds it."""

    category: int
    reason: str = Field(min_length=1, max_length=300)

    def places(self) -> list[int]:
        """Candidate places that fit, best first; none for `NONE_FITS`."""
        return [] if self.category == NONE_FITS else [self.category - 1]


class PlainRanking(_Answer):
    """A ranking of candidate numbers; `plain_ranking_schema` bounds the numbers."""

    ranking: list[int]
    reason: str = Field(min_length=1, max_length=300)

    def places(self) -> list[int]:
        """Candidate places that fit, best first: those before `NONE_FITS`."""
        return _before_none(self.ranking)


class Ranking(_Answer):
    """Chain of thought, then a ranking of candidate numbers; `ranking_schema` bounds the numbers.

    The fields stand in the order in which a model shall think (Cheng et al., 2024, 3.2.3).
    """

    clues: list[Clue] = Field(max_length=6)
    user: str = Field(max_length=160)
    use_case: str = Field(max_length=240)
    ranking: list[int]
    reason: str = Field(min_length=1, max_length=600)

    def places(self) -> list[int]:
        """Candidate places that fit, best first: those before `NONE_FITS`."""
        return _before_none(self.ranking)


@cache
def choice_schema(candidates: int) -> type[Choice]:
    """`Choice` whose number is that of one of `candidates` candidates, or `NONE_FITS`."""
    return create_model("Choice", __base__=Choice, category=(_number(candidates), ...))


@cache
def plain_ranking_schema(candidates: int) -> type[PlainRanking]:
    """`PlainRanking` whose numbers are those of `candidates` candidates, or `NONE_FITS`."""
    return create_model("PlainRanking", __base__=PlainRanking, ranking=(_numbers(candidates), ...))


@cache
def ranking_schema(candidates: int) -> type[Ranking]:
    """`Ranking` whose numbers are those of `candidates` candidates, or `NONE_FITS`."""
    return create_model("Ranking", __base__=Ranking, ranking=(_numbers(candidates), ...))


def _number(candidates: int) -> Any:
    return Annotated[int, Field(ge=1, le=candidates)] | Literal[0]


def _numbers(candidates: int) -> Any:
    numbers = GenericAlias(list, (_number(candidates),))
    bounds = Field(min_length=1, max_length=candidates)
    return Annotated[numbers, BeforeValidator(_without_end), AfterValidator(_each_once), bounds]


def _without_end(numbers: object) -> object:
    """A ranking of everything may end with `NONE_FITS`, which then says nothing."""
    if isinstance(numbers, list) and len(numbers) > 1 and numbers[-1] == NONE_FITS:
        return numbers[:-1]
    return numbers


def _each_once(numbers: list[int]) -> list[int]:
    if len(set(numbers)) != len(numbers):
        raise ValueError("each candidate number may stand once only")
    return numbers


def _before_none(numbers: list[int]) -> list[int]:
    return [number - 1 for number in takewhile(lambda number: number != NONE_FITS, numbers)]


def shared_words(product: Product, words: Sequence[str], limit: int = 4) -> tuple[str, ...]:
    """Words of the product's own text that are among `words`: clues that need no model to be true."""
    wanted = {w.casefold() for w in words}
    found = [w for w in normalise(product_text(product)).split() if w.strip(".,;:!()").casefold() in wanted]
    return tuple(dict.fromkeys(w.strip(".,;:!()") for w in found))[:limit]


def grounded(reason: str, product: Product, category_path: str) -> bool:
    """Whether at least half of a reason's longer words stand in the product's text or its category's path."""
    words = [w for w in text_key(reason).split() if len(w) >= MIN_LETTERS]
    known = text_key(f"{product_text(product)} {category_path}")
    return bool(words) and 2 * sum(word in known for word in words) >= len(words)


def echoes(user: str, product: Product) -> bool:
    """Whether what should name a user only says the product's text again."""
    words, known = text_key(user).split(), set(text_key(product_text(product)).split())
    return sum(word in known for word in words) > ECHO_SHARE * len(words)


def unfounded(clue: str, product: Product) -> bool:
    """Whether a quote does not stand in the product's text, case, punctuation and spacing aside."""
    everything = f"{product.title} {product.brand} {product.body}"
    key = text_key(clue)
    return not key or f" {key} " not in f" {text_key(everything)} "


def strike_unfounded(deliberation: Deliberation, product: Product) -> Deliberation:
    """Drop clues that are not quotes, and say so by the flag `clues_struck` and in the reason."""
    reasoning = deliberation.reasoning
    if reasoning is None:
        return deliberation
    kept = tuple(c for c in reasoning.clues if not unfounded(c, product))
    if len(kept) == len(reasoning.clues):
        return deliberation
    flag = f"[{len(reasoning.clues) - len(kept)} clue(s) {STRUCK}]"
    mended = reasoning.model_copy(update={"clues": kept, "reason": f"{reasoning.reason} {flag}"})
    return deliberation.model_copy(
        update={"reasoning": mended, "flags": (*deliberation.flags, "clues_struck")}
    )
