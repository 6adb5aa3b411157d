"""Reasoning that can be trusted: the answer schemas, and quotes that really stand in the product's text."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator

from agents.case import Deliberation
from catalog.product import Product
from catalog.text import normalise, product_text, text_key

Clue = Annotated[str, Field(min_length=1, max_length=160)]
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


class Ranking(_Answer):
    """Chain of thought, then a ranking of candidate numbers; `ranking_schema` bounds the numbers."""

    clues: list[Clue] = Field(max_length=6)
    user: str = Field(max_length=160)
    use_case: str = Field(max_length=240)
    ranking: list[int]
    reason: str = Field(min_length=1, max_length=600)

    @field_validator("ranking")
    @classmethod
    def _distinct(cls, numbers: list[int]) -> list[int]:
        if len(set(numbers)) != len(numbers):
            raise ValueError("each candidate number may stand once only")
        return numbers


@cache
def ranking_schema(candidates: int) -> type[Ranking]:
    """`Ranking` whose numbers are those of `candidates` candidates."""
    number = Annotated[int, Field(ge=1, le=candidates)]
    numbers = Annotated[list[number], Field(min_length=1, max_length=candidates)]
    return create_model("Ranking", __base__=Ranking, ranking=(numbers, ...))


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
    """Drop clues that are not quotes, and say so in the reason."""
    reasoning = deliberation.reasoning
    if reasoning is None:
        return deliberation
    kept = tuple(c for c in reasoning.clues if not unfounded(c, product))
    if len(kept) == len(reasoning.clues):
        return deliberation
    flag = f"[{len(reasoning.clues) - len(kept)} clue(s) {STRUCK}]"
    mended = reasoning.model_copy(update={"clues": kept, "reason": f"{reasoning.reason} {flag}"})
    return deliberation.model_copy(update={"reasoning": mended})
