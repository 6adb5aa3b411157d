"""Label paths as a source: the only one that knows a category before its first product."""

from dataclasses import dataclass

from retrieval.index import Floats, Positions, VectorIndex
from retrieval.sources.base import Answer, Queries


@dataclass(frozen=True)
class PathSource:
    """Cosine of product and label path.

    Attributes:
        index: over label-path embeddings, one a category, in taxonomy order.
    """

    index: VectorIndex

    def answer(self, queries: Queries) -> Answer:
        return PathCosines(self.index, queries.vectors)


@dataclass(frozen=True)
class PathCosines:
    """`Answer` of the label paths to unit product vectors, (n, dim)."""

    index: VectorIndex
    vectors: Floats

    def best(self, k: int) -> Positions:
        return self.index.search(self.vectors, k)[1]

    def at(self, positions: Positions) -> Floats:
        return self.index.cosines(self.vectors, positions)
