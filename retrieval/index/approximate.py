"""The two trained FAISS indexes. Both hold 8-bit codes, a quarter of the vectors' size, and only propose."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, Final, Literal

import faiss
import numpy as np

from retrieval.index.exact import Floats, Positions, Propose
from retrieval.index.plan import LINKS, lists_for

Trained = Literal["ivf", "hnsw"]

SEED: Final = 1234
TRAINED: Final[dict[Trained, type[Any]]] = {
    "ivf": faiss.IndexIVFScalarQuantizer,
    "hnsw": faiss.IndexHNSWSQ,
}

_faiss: Any = faiss  # its own type stubs lack the overload and the statistics used here
_ROUNDS = 10  # of k-means
_LONGEST_QUEUE = 1024


def train(kind: Trained, vectors: Floats, rows: Positions) -> Any:
    """Build over all vectors.

    Args:
        rows: those that centroids and code ranges are learned from.
    """
    index = _ivf(*vectors.shape) if kind == "ivf" else _hnsw(vectors.shape[1])
    with _repeatable(kind):
        index.train(vectors[rows])
        index.add(vectors)
    return index


def _ivf(n: int, dim: int) -> Any:
    """Vectors in the lists of k-means centroids; a query reads the lists nearest to it (FAISS `IVF,SQ8`)."""
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, lists_for(n), faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.seed, index.cp.niter = SEED, _ROUNDS
    index.cp.min_points_per_centroid = 1  # no warning on stderr where a kind is forced on few vectors
    return index


def _hnsw(dim: int) -> Any:
    """A graph walked from coarse to fine (Malkov and Yashunin, 2018; FAISS `HNSW,SQ8`)."""
    return _faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, LINKS, faiss.METRIC_INNER_PRODUCT)


@contextmanager
def _repeatable(kind: Trained) -> Iterator[None]:
    """A graph that several threads grow depends on which comes first."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if kind == "hnsw" else threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def efforts(kind: Trained, index: Any) -> list[int]:
    """Efforts worth trying, rising by a third to a half: 1, 2, 3, 4, 6, 8, 12, …"""
    powers = (2**n for n in range(31))
    rising = [1, *(e for p in powers for e in (2 * p, 3 * p))]
    most = index.nlist if kind == "ivf" else _LONGEST_QUEUE
    least = 1 if kind == "ivf" else LINKS
    return [e for e in takewhile(lambda e: e < most, rising) if e >= least] + [most]


def set_effort(kind: Trained, index: Any, effort: int) -> None:
    if kind == "ivf":
        index.nprobe = effort
    else:
        index.hnsw.efSearch = effort


def proposing(index: Any) -> Propose:
    def propose(queries: Floats, m: int) -> Positions:
        return np.asarray(index.search(queries, m)[1], dtype=np.int64)

    return propose


def comparisons(kind: Trained, index: Any, queries: Floats, m: int) -> float:
    """Vectors (and centroids) compared with a query when `m` are proposed, on average."""
    statistics = _faiss.cvar.indexIVF_stats if kind == "ivf" else _faiss.cvar.hnsw_stats
    statistics.reset()
    index.search(queries, m)
    return float(statistics.ndis / len(queries)) + (index.nlist if kind == "ivf" else 0)
