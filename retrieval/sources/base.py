"""`Source`: who recalls candidates. `Answer`: what it says of one chunk of products."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from catalog.product import Product
from retrieval.index import Floats, Positions


@dataclass(frozen=True, slots=True)
class Queries:
    """A chunk of n products in every form that a source may want.

    Attributes:
        texts: as `catalog.text.product_text` gives them.
        vectors: unit, (n, dim).
        neighbours: rows of the labelled products nearest to each, (n, m), nearest first.
        similarities: their cosines, (n, m).
    """

    products: Sequence[Product]
    texts: Sequence[str]
    vectors: Floats
    neighbours: Positions
    similarities: Floats


class Answer(Protocol):
    """A source's opinion on one chunk of n products; positions are those of the taxonomy."""

    def best(self, k: int) -> Positions:
        """Its `k` best categories of each product, (n, at most k), in no order, -1 where it has fewer."""
        ...

    def at(self, positions: Positions) -> Floats:
        """Its score of the categories (n, m), which are all valid; NaN for those that it does not know."""
        ...


class Source(Protocol):
    """One source; its scores are log-probabilities or cosines, so that a linear fusion makes sense."""

    def answer(self, queries: Queries) -> Answer:
        """Opinion on a chunk."""
        ...


@runtime_checkable
class StoredSource(Source, Protocol):
    """A source with files of its own."""

    def save(self, path: Path) -> None:
        """Write under `path`, a file or folder, without pickles."""
        ...


@dataclass(frozen=True)
class ClassScores:
    """`Answer` of a classifier: one score a product and known class.

    Attributes:
        scores: (n, classes).
        positions: ascending taxonomy position of each class, (classes,).
    """

    scores: Floats
    positions: npt.NDArray[np.int64]

    def best(self, k: int) -> Positions:
        k = min(k, self.scores.shape[1])
        columns = np.argpartition(-self.scores, k - 1, axis=1)[:, :k]
        found: Positions = self.positions[columns]
        return found

    def at(self, positions: Positions) -> Floats:
        columns = np.minimum(np.searchsorted(self.positions, positions), len(self.positions) - 1)
        known = self.positions[columns] == positions
        result: Floats = np.where(known, np.take_along_axis(self.scores, columns, axis=1), np.nan)
        return result
