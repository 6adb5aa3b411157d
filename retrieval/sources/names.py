"""Names and descriptions of categories as a source: several vectors of one category, the nearest counts.

A label path mixes the names of all levels. A leaf's own name, its names in other languages and the words of
the taxonomy on what belongs there are texts of their own, so each has a vector of its own.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np

from retrieval.index import Floats, Positions, VectorIndex
from retrieval.sources.base import Answer, Queries

# Vectors looked up for each category wanted: a category may come several times.
_OVER: Final = 8
_NONE: Final = -1


@dataclass(frozen=True)
class NameSource:
    """Highest cosine of a product and any vector of a category.

    Attributes:
        index: over all vectors.
        owners: taxonomy position that each vector speaks for, ascending, (vectors,).
        categories: size of the taxonomy.
    """

    index: VectorIndex
    owners: Positions
    categories: int

    def answer(self, queries: Queries) -> Answer:
        return NameCosines(self, queries.vectors)

    def carried(self, now: Positions, categories: int) -> Self:
        """The same vectors for categories that have moved.

        Args:
            now: position today of each position at training, negative where there is none.
            categories: size of the taxonomy today.
        """
        owners = now[self.owners]
        order = np.argsort(owners, kind="stable")
        kept = order[owners[order] >= 0]
        vectors = np.ascontiguousarray(self.index.vectors[kept])
        return type(self)(VectorIndex.build(vectors), owners[kept], categories)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.index.save(folder / "vectors.faiss")
        np.save(folder / "owners.npy", self.owners, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, categories: int) -> Self:
        """Read what `save` wrote."""
        owners = np.load(folder / "owners.npy", allow_pickle=False)
        return cls(VectorIndex.load(folder / "vectors.faiss"), owners, categories)

    @cached_property
    def vectors_of(self) -> Positions:
        """Vectors of each category, padded with -1, (categories, most of any)."""
        counts = np.bincount(self.owners, minlength=self.categories)
        columns = np.arange(max(1, int(counts.max(initial=0))))
        first = np.cumsum(counts) - counts
        found: Positions = np.where(columns < counts[:, None], first[:, None] + columns, _NONE)
        return found


@dataclass(frozen=True)
class NameCosines:
    """`Answer` of the names to unit product vectors, (n, dim)."""

    source: NameSource
    vectors: Floats

    def best(self, k: int) -> Positions:
        """Distinct categories of the nearest vectors; fewer than `k` where some come many times."""
        several = min(self.source.vectors_of.shape[1], _OVER)
        found = self.source.owners[self.source.index.search(self.vectors, k * several)[1]]
        again = np.tril(found[:, :, None] == found[:, None, :], -1).any(axis=2)
        order = np.argsort(again, axis=1, kind="stable")[:, :k]
        best: Positions = np.take_along_axis(np.where(again, _NONE, found), order, axis=1)
        return best

    def at(self, positions: Positions) -> Floats:
        n, m = positions.shape
        asked = self.source.vectors_of[positions].reshape(n, -1)
        cosines = self.source.index.cosines(self.vectors, asked).reshape(n, m, -1).max(axis=2)
        result: Floats = np.where(np.isneginf(cosines), np.nan, cosines)
        return result
