"""The nearest products of other folds, and what they vote for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from catalog.progress import Advance
from retrieval.sources.neighbours import Votes

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEIGHBOURS = 50
# Near ones count for much more than far ones.
_POWER = 3
_SMALLEST = 1e-9
_CELLS = 8_000_000
_VOTE_ROWS = 1_000


@dataclass(frozen=True)
class Neighbours:
    """The nearest products of other folds, nearest first.

    Attributes:
        rows: (n, k).
        similarities: cosines, (n, k).
    """

    rows: Ints
    similarities: Floats

    def best(self, labels: Ints, of: Ints, k: int, among: Bools | None = None) -> Ints:
        """The `k` categories with most votes for each of the rows `of`, -1 where fewer have one.

        Args:
            labels: taxonomy position of every product, (n,).
            among: products whose votes count, (n,); None counts all.
        """
        blocks = [votes.best(k) for _, votes in self._votes(labels, of, among)]
        return np.concatenate(blocks).astype(np.int64)

    def at(self, labels: Ints, positions: Ints) -> Floats:
        """Log of the share of votes (with a floor) for the categories (n, m); a padded one gives anything."""
        blocks = self._votes(labels, np.arange(len(self.rows)), None)
        return np.concatenate([votes.at(np.maximum(positions[rows], 0)) for rows, votes in blocks])

    def _votes(self, labels: Ints, of: Ints, among: Bools | None) -> Iterator[tuple[Ints, Votes]]:
        known = np.arange(labels.max() + 1)
        for start in range(0, len(of), _VOTE_ROWS):
            rows = of[start : start + _VOTE_ROWS]
            weights = self.similarities[rows] ** _POWER + np.float32(_SMALLEST)
            if among is not None:
                weights = weights * among[self.rows[rows]]
            total = np.maximum(weights.sum(axis=1, keepdims=True), _SMALLEST)
            yield rows, Votes(labels[self.rows[rows]], weights / total, known)


def find_neighbours(
    matrix: sparse.csr_matrix, folds: Ints, *, threads: int, advance: Advance, k: int = NEIGHBOURS
) -> Neighbours:
    """Nearest by cosine, exact, among the products of other folds.

    Args:
        matrix: unit rows, (n, features).
        folds: (n,), at least two different ones.
    """
    count = len(folds)
    k = min(k, count - int(np.bincount(folds).max()))
    columns = matrix.T.tocsr()
    size = max(1, _CELLS // count)

    def block(start: int) -> tuple[Ints, Floats]:
        rows = slice(start, start + size)
        cosines = (matrix[rows] @ columns).toarray()
        cosines[folds[rows, None] == folds] = -1.0
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(cosines, nearest, axis=1)
        order = np.argsort(-found, axis=1, kind="stable")
        advance(len(found))
        return np.take_along_axis(nearest, order, axis=1), np.take_along_axis(found, order, axis=1)

    with ThreadPoolExecutor(threads) as pool:
        blocks = list(pool.map(block, range(0, count, size)))
    return Neighbours(np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks]))
