"""How hard a trained index must look to find what comparing with everything finds."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from retrieval.index.approximate import SEED, Trained, comparisons, efforts, proposing, set_effort
from retrieval.index.exact import Floats, Positions, nearest, nearest_proposed
from retrieval.index.plan import DEPTH

SAMPLE: Final = 1_000

_ONE_SIDED_95 = 1.645
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Sample:
    """Queries whose nearest vectors are known.

    Attributes:
        queries: (n, dim).
        own: position of each query among the vectors, -1 where it is none of them; finding itself does
            not count.
    """

    vectors: Floats
    queries: Floats
    own: Positions

    def half(self, which: int) -> "Sample":
        return Sample(self.vectors, np.ascontiguousarray(self.queries[which::2]), self.own[which::2])

    @property
    def depth(self) -> int:
        return min(DEPTH + self.held_out, len(self.vectors))

    @property
    def held_out(self) -> bool:
        return bool((self.own >= 0).all())

    @cached_property
    def _truth(self) -> tuple[Floats, Positions]:
        return nearest(self.queries, self.vectors, self.depth)

    def recalls(self, index: Any) -> npt.NDArray[np.float64]:
        """Share of the nearest that `index` leads to, for each query; a tie with the last is as good."""
        scores, positions = nearest_proposed(self.queries, self.vectors, self.depth, proposing(index))
        true_scores, true_positions = self._truth
        others = true_positions != self.own[:, None]
        worst = np.where(others, true_scores, np.inf).min(axis=1, keepdims=True)
        hits = (scores >= worst - _ROUNDING) & (positions != self.own[:, None])
        wanted = others.sum(axis=1)
        shares = np.minimum(hits.sum(axis=1), wanted) / np.maximum(wanted, 1)
        return np.where(wanted > 0, shares, 1.0)


@dataclass(frozen=True)
class Tuned:
    effort: int
    recall: float
    comparisons: float


def draw(vectors: Floats, queries: Floats | None) -> tuple[Sample, Positions]:
    """A sample to tune and measure on, and the rows left to train on.

    Args:
        vectors: (n, dim), n at least 1.
        queries: what will be looked for, where that differs from the vectors; a sample of these is drawn.
    """
    shuffled = np.random.default_rng(SEED).permutation(len(vectors)).astype(np.int64)
    if queries is not None and len(queries):
        rows = np.random.default_rng(SEED).permutation(len(queries))[:SAMPLE]
        rows = np.resize(rows, max(2, len(rows)))  # one for each half at least
        return Sample(vectors, queries[rows], np.full(len(rows), -1, np.int64)), shuffled
    held_out = min(SAMPLE, max(2, len(vectors) // 5))
    rows = np.resize(shuffled[:held_out], held_out)
    rest = shuffled[held_out:]
    return Sample(vectors, vectors[rows], rows), rest if len(rest) else shuffled


def tune(kind: Trained, index: Any, sample: Sample, target: float) -> Tuned:
    """Set the least effort that meets the target, with 95% confidence, on one half of the sample.

    Returns:
        the effort, and what it gives on the other half.
    """
    chosen, fresh = sample.half(0), sample.half(1)
    for effort in efforts(kind, index):
        set_effort(kind, index, effort)
        if _lower_bound(chosen.recalls(index)) >= target:
            break
    cost = comparisons(kind, index, fresh.queries, sample.depth)
    return Tuned(effort, float(fresh.recalls(index).mean()), cost)


def _lower_bound(shares: npt.NDArray[np.float64]) -> float:
    return float(shares.mean() - _ONE_SIDED_95 * shares.std() / np.sqrt(len(shares)))
