"""A product as the token ids of its three fields, one after the other, and which field each is of."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.product import Product
from catalog.text import DESCRIPTION_CHARS, normalise, product_text
from retrieval.encoder.batches import Tokens
from retrieval.sources.hierarchy.record import Architecture

SEGMENTS = 3  # title (and brand), description, bullets

Fields = tuple[str, ...]
Tokenize = Callable[[Sequence[str]], list[list[int]]]


@dataclass(frozen=True)
class Laid:
    """n products.

    Attributes:
        ids: tokens of each, special ones included.
        segments: number of the field that each token is of, in the same shape.
    """

    ids: Tokens
    segments: Tokens

    def take(self, rows: npt.NDArray[np.int64]) -> "Laid":
        """Some of the products."""
        return Laid([self.ids[row] for row in rows], [self.segments[row] for row in rows])

    def with_rows(self, rows: npt.NDArray[np.int64], others: "Laid") -> "Laid":
        """A copy in which `others` stand in the place of `rows`."""
        ids, segments = list(self.ids), list(self.segments)
        for row, new_ids, new_segments in zip(rows.tolist(), others.ids, others.segments, strict=True):
            ids[row], segments[row] = new_ids, new_segments
        return Laid(ids, segments)


def fields(product: Product, architecture: Architecture) -> Fields:
    """The product's texts, title first: three with segments, else one."""
    if not architecture.segments:
        return (cleaned(product_text(product), architecture),)
    title = " . ".join(part for part in (normalise(product.title), normalise(product.brand)) if part)
    body = (_start(product.description), _start(" ".join(product.bullets)))
    return tuple(cleaned(text, architecture) for text in (title, *body))


def cleaned(text: str, architecture: Architecture) -> str:
    """The text without all that is no letter, where the paper's cleaning is on (section C)."""
    if not architecture.letters_only:
        return text
    kept = "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in text)
    return " ".join(kept.split())


def lay(rows: Sequence[Fields], tokenize: Tokenize, limit: int) -> Laid:
    """Tokenize fields and put those of one row side by side: `[CLS] title [SEP] description [SEP] ...`.

    Args:
        tokenize: gives each text its special tokens.
        limit: tokens of a row at most; the title comes first, the others share what it leaves.
    """
    tokens = iter(tokenize([text for row in rows for text in row]))
    (empty,) = tokenize([""])
    opening = 1 if len(empty) > 1 else 0  # what stands before a text, such as [CLS]
    laid = [_join([next(tokens) for _ in row], [bool(text) for text in row], opening, limit) for row in rows]
    return Laid([ids for ids, _ in laid], [segments for _, segments in laid])


def _join(
    parts: list[list[int]], filled: list[bool], opening: int, limit: int
) -> tuple[list[int], list[int]]:
    """One row; a later field without text leaves nothing."""
    title, *others = parts
    rest = [part[opening:] if full else [] for part, full in zip(others, filled[1:], strict=True)]
    kept = [title, *_shared(rest, max(0, limit - len(title)))]
    segments = [number for number, part in enumerate(kept) for _ in part]
    return [token for part in kept for token in part], segments


def _shared(parts: list[list[int]], room: int) -> list[list[int]]:
    """Parts cut so that all fit, an equal share each; what a short one leaves goes to the others."""
    sizes = [0] * len(parts)
    for left, number in zip(
        range(len(parts), 0, -1), sorted(range(len(parts)), key=lambda i: len(parts[i])), strict=True
    ):
        sizes[number] = min(len(parts[number]), room // left)
        room -= sizes[number]
    return [part[:size] for part, size in zip(parts, sizes, strict=True)]


def _start(text: str) -> str:
    return normalise(text[: 2 * DESCRIPTION_CHARS])[:DESCRIPTION_CHARS]
