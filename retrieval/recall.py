"""The union of recall sources: which categories may be right, and what each source says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from catalog.product import Product
from retrieval.index import Floats, Positions, VectorIndex
from retrieval.sources.base import Queries, Source
from retrieval.sources.paths import PathCosines

Bools = npt.NDArray[np.bool_]

NEIGHBOURS: Final = 20
# Label paths among which categories without labelled products are looked for, times k.
_LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Recalled:
    """Candidates of a chunk of n products, at most m each, in no order.

    Attributes:
        positions: taxonomy positions, (n, m), -1 where padded.
        features: what each of the sources says, (n, m, sources); NaN where a source does not know the
            category because training had no product of it.
        recalled: which sources put it among their best, (n, m, sources).
        cosines: of product and label path, (n, m); known for every category.
        counts: labelled products of the category, (n, m).
        departments: number of its department, (n, m).
        neighbours: rows of the labelled products nearest to each product, (n, `NEIGHBOURS`).
        similarities: their cosines.
    """

    positions: Positions
    features: Floats
    recalled: Bools
    cosines: Floats
    counts: Positions
    departments: Positions
    neighbours: Positions
    similarities: Floats

    @property
    def valid(self) -> Bools:
        return self.positions >= 0

    def take(self, rows: npt.NDArray[np.int64]) -> "Recalled":
        """The chosen rows of the chunk."""
        return Recalled(
            self.positions[rows],
            self.features[rows],
            self.recalled[rows],
            self.cosines[rows],
            self.counts[rows],
            self.departments[rows],
            self.neighbours[rows],
            self.similarities[rows],
        )


@dataclass(frozen=True)
class Recall:
    """All sources over one taxonomy.

    Attributes:
        sources: by name, in the order of the features.
        paths: index over label-path embeddings, one a category, in taxonomy order.
        examples: index over labelled products.
        labels: taxonomy position of each labelled product.
        departments: number of each category's department, in taxonomy order.
    """

    sources: Mapping[str, Source]
    paths: VectorIndex
    examples: VectorIndex
    labels: Positions
    departments: Positions

    @cached_property
    def _counts(self) -> Positions:
        """Labelled products of each category, (categories,)."""
        return np.bincount(self.labels, minlength=len(self.paths))

    def __call__(
        self, products: Sequence[Product], texts: Sequence[str], vectors: Floats, k: int
    ) -> Recalled:
        """Recall the `k` best categories of each source.

        Args:
            texts: the products' texts, n.
            vectors: their unit vectors, (n, dim).
        """
        similarities, neighbours = self.examples.search(vectors, NEIGHBOURS)
        queries = Queries(products, texts, vectors, neighbours, similarities)
        answers = [source.answer(queries) for source in self.sources.values()]
        best = [answer.best(k) for answer in answers]
        paths = PathCosines(self.paths, vectors)
        positions = _union(np.concatenate([*best, *self._untrained(paths, k)], axis=1))
        safe = np.maximum(positions, 0)
        return Recalled(
            positions=positions,
            features=np.stack([answer.at(safe) for answer in answers], axis=-1).astype(np.float32),
            recalled=np.stack([_among(positions, b) for b in best], axis=-1),
            cosines=paths.at(safe),
            counts=self._counts[safe],
            departments=self.departments[safe],
            neighbours=neighbours,
            similarities=similarities,
        )

    def _untrained(self, paths: PathCosines, k: int) -> list[Positions]:
        """The nearest label paths of categories without labelled products, whatever the sources say."""
        if self._counts.all():
            return []
        nearest = paths.best(min(_LOOKED_AT * k, len(self.paths)))
        untrained = (nearest >= 0) & (self._counts[nearest] == 0)
        return [np.where(untrained & (untrained.cumsum(axis=1) <= reserved_seats(k)), nearest, -1)]


def reserved_seats(k: int) -> int:
    """Of `k` candidates, how many may be categories without labelled products only because they are near."""
    return k // 3


def _union(positions: Positions) -> Positions:
    """Distinct non-negative positions a row, padded with -1 on the right."""
    ordered = -np.sort(-positions, axis=1)
    ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = -1
    ordered = -np.sort(-ordered, axis=1)
    width = max(1, int((ordered >= 0).sum(axis=1).max(initial=0)))
    return ordered[:, :width]


def _among(positions: Positions, best: Positions) -> Bools:
    found: Bools = (positions[:, :, None] == best[:, None, :]).any(axis=2) & (positions >= 0)
    return found
