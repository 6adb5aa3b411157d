"""The union of recall sources: which categories may be right, and what each source says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from retrieval.head import Head, log_softmax
from retrieval.index import Floats, Positions, VectorIndex
from retrieval.ngram import NgramClassifier

Bools = npt.NDArray[np.bool_]

SOURCES: Final = ("head", "paths", "neighbours", "ngram")
PATHS: Final = SOURCES.index("paths")
NEIGHBOURS: Final = 20

_VOTE_FLOOR = 1e-3
_VOTE_TEMPERATURE = 0.05
_NGRAM_SHARPNESS = 3.0


@dataclass(frozen=True, slots=True)
class Recalled:
    """Candidates of a chunk of n products, at most m each, in no order.

    Attributes:
        positions: taxonomy positions, (n, m), -1 where padded.
        features: what each of `SOURCES` says, (n, m, 4): head log-probability, cosine to the label
            path, log of the neighbours' vote, n-gram log-probability; NaN where a source does not know
            the category because training had no product of it.
        recalled: which sources put it among their best, (n, m, 4).
        neighbours: rows of the training products nearest to each product, (n, `NEIGHBOURS`).
        similarities: their cosines.
    """

    positions: Positions
    features: Floats
    recalled: Bools
    neighbours: Positions
    similarities: Floats

    @property
    def valid(self) -> Bools:
        return self.positions >= 0


@dataclass(frozen=True)
class Recall:
    """All sources over one taxonomy.

    Attributes:
        categories: number of categories in the taxonomy.
        paths: index over label-path embeddings, one a category, in taxonomy order.
        examples: index over training products.
        example_labels: taxonomy position of each training product.
    """

    categories: int
    head: Head
    paths: VectorIndex
    examples: VectorIndex
    example_labels: Positions
    ngram: NgramClassifier

    def __call__(self, vectors: Floats, texts: Sequence[str], k: int) -> Recalled:
        """Recall the `k` best categories of each source.

        Args:
            vectors: unit product vectors, (n, dim).
            texts: the products' texts, n.
        """
        similarities, neighbours = self.examples.search(vectors, NEIGHBOURS)
        full = [
            self._spread(self.head.log_probabilities(vectors), self.head.positions),
            None,
            self._votes(similarities, neighbours),
            self._spread(log_softmax(_NGRAM_SHARPNESS * self.ngram.scores(texts)), self.ngram.positions),
        ]
        best = [_top(m, k) if m is not None else self.paths.search(vectors, k)[1] for m in full]
        positions = _union(np.concatenate(best, axis=1))
        features = self._features(vectors, full, positions)
        recalled = np.stack([_among(positions, b) for b in best], axis=-1)
        return Recalled(positions, features, recalled, neighbours, similarities)

    def _spread(self, scores: Floats, positions: Positions) -> Floats:
        """Scores of the known classes as columns of the whole taxonomy, NaN elsewhere."""
        full = np.full((len(scores), self.categories), np.nan, dtype=np.float32)
        full[:, positions] = scores
        return full

    def _votes(self, similarities: Floats, neighbours: Positions) -> Floats:
        weights = np.exp((similarities - similarities[:, :1]) / _VOTE_TEMPERATURE)
        weights /= weights.sum(axis=1, keepdims=True)
        votes = np.zeros((len(weights), self.categories), dtype=np.float32)
        rows = np.arange(len(weights))[:, None]
        np.add.at(votes, (rows, self.example_labels[neighbours]), weights)
        known = np.full(self.categories, np.nan, dtype=np.float32)
        known[self.head.positions] = 0.0
        result: Floats = np.log(votes + _VOTE_FLOOR) + known
        return result

    def _features(self, vectors: Floats, full: list[Floats | None], positions: Positions) -> Floats:
        safe = np.maximum(positions, 0)
        cosines = np.einsum("nd,nmd->nm", vectors, self.paths.vectors[safe])
        columns = [np.take_along_axis(m, safe, axis=1) if m is not None else cosines for m in full]
        return np.stack(columns, axis=-1).astype(np.float32)


def _top(scores: Floats, k: int) -> Positions:
    """Columns of the `k` highest known scores a row, -1 where a row has fewer."""
    filled = np.where(np.isnan(scores), -np.inf, scores)
    k = min(k, filled.shape[1])
    best = np.argpartition(-filled, k - 1, axis=1)[:, :k]
    known = np.isfinite(np.take_along_axis(filled, best, axis=1))
    return np.where(known, best, -1).astype(np.int64)


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
