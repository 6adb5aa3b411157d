"""The nearest labelled products as a source: each votes for its own category."""

from dataclasses import dataclass

import numpy as np

from retrieval.index import Floats, Positions
from retrieval.sources.base import Answer, Queries

_VOTE_FLOOR = 1e-3
_VOTE_TEMPERATURE = 0.05


class NeighbourSource:
    """Log of the share of votes, weighted by a softmax over the cosines.

    Args:
        labels: taxonomy position of each labelled product, in the order of the index over them.
    """

    def __init__(self, labels: Positions) -> None:
        self._labels = labels
        self._known = np.unique(labels)

    def answer(self, queries: Queries) -> Answer:
        nearest = queries.similarities[:, :1]
        weights = np.exp((queries.similarities - nearest) / _VOTE_TEMPERATURE)
        return Votes(self._labels[queries.neighbours], weights / weights.sum(1, keepdims=True), self._known)


@dataclass(frozen=True)
class Votes:
    """`Answer` of n products' neighbours.

    Attributes:
        labels: taxonomy position that each neighbour votes for, (n, neighbours).
        weights: of these votes; a row sums to 1.
        known: ascending positions of all categories with a labelled product.
    """

    labels: Positions
    weights: Floats
    known: Positions

    def best(self, k: int) -> Positions:
        """Only categories with a vote: the others tie, and no tie is a recommendation."""
        first = np.triu(self.labels[:, :, None] == self.labels[:, None, :], 1).any(axis=1)
        votes = np.where(first, -1.0, self._votes(self.labels))
        k = min(k, votes.shape[1])
        columns = np.argpartition(-votes, k - 1, axis=1)[:, :k]
        taken = np.take_along_axis(self.labels, columns, axis=1)
        return np.where(np.take_along_axis(votes, columns, axis=1) > 0, taken, -1)

    def at(self, positions: Positions) -> Floats:
        known = np.isin(positions, self.known)
        result: Floats = np.where(known, np.log(self._votes(positions) + _VOTE_FLOOR), np.nan)
        return result.astype(np.float32)

    def _votes(self, positions: Positions) -> Floats:
        votes: Floats = np.einsum(
            "nmv,nv->nm", positions[:, :, None] == self.labels[:, None, :], self.weights
        )
        return votes
