"""Which products to label next: vectors and scores in, rows out.

Cold, nothing is known of what is hard, so what is typical is asked first (TypiClust: Hacohen et al., 2022,
"Active Learning on a Budget", section 3). Warm, what the domain expert is unsure of is asked, spread out: the
least sure rows are clustered, and each cluster gives the row nearest to its weighted centre (Zhdanov, 2019,
"Diverse mini-batch Active Learning", algorithm 1).
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.index import Floats, VectorIndex

Ints = npt.NDArray[np.int64]
Why = Literal["category", "typical", "doubt"]

# Share of what is asked for that may go to categories without a label.
COVERING: Final = 0.5

# Of the least sure rows, so many for each that is wanted (the beta of Zhdanov, 2019).
PREFILTER: Final = 10
# Nearest rows whose distance tells how typical a row is (Hacohen et al., 2022, section 3.2).
NEAREST: Final = 20
_ITERATIONS: Final = 10


@dataclass(frozen=True)
class Pool:
    """Products to choose from, and what the domain expert says of them.

    Attributes:
        vectors: unit, (n, dim).
        first: position of each first candidate, (n,).
        probabilities: of these, (n,).
        doubts: one minus the margin between the first and the second candidate, 0 to 1, (n,).
        labelled: unit vectors of the products that are labelled already, (labelled, dim).
        unlabelled: positions of the categories without a labelled product.
    """

    vectors: Floats
    first: Ints
    probabilities: Floats
    doubts: Floats
    labelled: Floats
    unlabelled: Ints


def rows_to_label(pool: Pool, count: int, seed: int) -> list[tuple[int, Why]]:
    """Rows and why, at most `count`: some for categories without a label, then typical or doubtful ones."""
    covering = covering_rows(
        pool.first, pool.probabilities, pool.unlabelled, round(COVERING * count)
    ).tolist()
    rest = np.setdiff1d(np.arange(len(pool.vectors)), covering)
    missing = min(count - len(covering), len(rest))
    if missing <= 0:
        return [(row, "category") for row in covering]
    labelled = np.concatenate([pool.labelled, pool.vectors[covering]])
    cold = not len(pool.labelled)
    if cold:
        found = typical_rows(pool.vectors[rest], missing, seed, labelled)
    else:
        found = unsure_rows(pool.vectors[rest], pool.doubts[rest], missing, seed)
    why: Why = "typical" if cold else "doubt"
    return [*((row, "category") for row in covering), *((row, why) for row in rest[found].tolist())]


def typical_rows(vectors: Floats, count: int, seed: int, covered: Floats | None = None) -> Ints:
    """Rows that stand for the largest clusters without a label, the largest first, (at most `count`,).

    Args:
        vectors: unit, of the rows to choose from, (n, dim).
        covered: vectors of the rows that are labelled already, (labelled, dim).
    """
    known = np.zeros((0, vectors.shape[1]), np.float32) if covered is None else covered
    together = np.concatenate([vectors, known])
    groups = _clusters(together, min(len(together), count + len(known)), None, seed)
    own, taken = groups[: len(vectors)], set(groups[len(vectors) :].tolist())
    sizes = np.bincount(own, minlength=int(groups.max()) + 1)
    order = [group for group in np.argsort(-sizes, kind="stable").tolist() if sizes[group]]
    free = [group for group in order if group not in taken]
    chosen = free[:count]
    return np.asarray([_most_typical(np.flatnonzero(own == group), vectors) for group in chosen], np.int64)


def unsure_rows(vectors: Floats, doubts: Floats, count: int, seed: int) -> Ints:
    """Rows that are in doubt and unlike each other, the most doubtful first, (at most `count`,).

    Args:
        vectors: unit, of the rows to choose from, (n, dim).
        doubts: 0 to 1: one minus the margin between the first and the second candidate, (n,).
    """
    pool = np.argsort(-doubts, kind="stable")[: PREFILTER * count]
    weights = np.maximum(doubts[pool], 1e-6).astype(np.float32)
    groups = _clusters(vectors[pool], min(len(pool), count), weights, seed)
    chosen = []
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        centre = weights[members] @ vectors[pool[members]]
        chosen.append(int(pool[members[np.argmax(vectors[pool[members]] @ centre)]]))
    rows = np.asarray(chosen, np.int64)
    return rows[np.argsort(-doubts[rows], kind="stable")]


def covering_rows(first: Ints, probabilities: Floats, unlabelled: Ints, count: int) -> Ints:
    """Of each category without a label the row that it is likeliest right for, the likeliest first.

    Args:
        first: position of each row's first candidate, (n,).
        probabilities: of these, (n,).
        unlabelled: positions without a labelled product.
    """
    order = np.argsort(-probabilities, kind="stable")
    _, places = np.unique(first[order], return_index=True)
    rows = order[np.sort(places)]
    found: Ints = rows[np.isin(first[rows], unlabelled)][:count]
    return found


def _clusters(vectors: Floats, count: int, weights: Floats | None, seed: int) -> Ints:
    """Cluster of each row, by k-means, (n,)."""
    kmeans: Any = faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=_ITERATIONS,
        seed=seed + 1,
        min_points_per_centroid=1,
        max_points_per_centroid=len(vectors),
        spherical=True,
    )
    rows = np.ascontiguousarray(vectors)
    kmeans.train(rows, weights=weights)
    groups: Ints = kmeans.index.search(rows, 1)[1][:, 0]
    return groups


def _most_typical(rows: Ints, vectors: Floats) -> int:
    """Of a cluster's rows the one with the highest mean cosine to its nearest others in the cluster."""
    own = VectorIndex.build(np.ascontiguousarray(vectors[rows]))
    cosines, _ = own.search(own.vectors, min(NEAREST + 1, len(rows)))
    return int(rows[np.argmax(cosines.mean(axis=1))])
