"""Exact cosines: of given pairs, and of the nearest; the same bits whatever else is in the batch."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]
Propose = Callable[[Floats, int], Positions]

_faiss: Any = faiss  # its own type stubs lack the function used here
_SAMPLED = 256


def cosines(queries: Floats, vectors: Floats, positions: Positions) -> Floats:
    """Inner products of each query (n, dim) with its own vectors (n, m), read in place.

    Args:
        vectors: all of them, contiguous.
        positions: below `len(vectors)`; where negative, the result is -inf.
    """
    wanted = np.ascontiguousarray(positions, dtype=np.int64)
    found: Floats = np.empty(wanted.shape, dtype=np.float32)
    arrays = [faiss.swig_ptr(a) for a in (found, queries, vectors, wanted)]
    _faiss.fvec_inner_products_by_idx(*arrays, vectors.shape[1], *wanted.shape)
    return found


def by_comparing(vectors: Floats) -> Propose:
    """Propose the nearest by comparing each query with all vectors."""

    def propose(queries: Floats, m: int) -> Positions:
        _, positions = faiss.knn(queries, vectors, min(m, len(vectors)), metric=faiss.METRIC_INNER_PRODUCT)
        return np.asarray(positions, dtype=np.int64)

    return propose


def nearest(queries: Floats, vectors: Floats, k: int) -> tuple[Floats, Positions]:
    """Cosines and positions of the `k` nearest, (n, k), nearest first; equal ones in the order of positions.

    Args:
        k: from 1 to `len(vectors)`.
    """
    return nearest_proposed(queries, vectors, k, by_comparing(vectors))


def nearest_proposed(queries: Floats, vectors: Floats, k: int, propose: Propose) -> tuple[Floats, Positions]:
    """`nearest`, among proposed positions only.

    More than `k` are proposed, scored exactly and cut: FAISS sums in another order from 20 queries on, and
    an index of 8-bit codes only knows roughly. A row with fewer than `k` proposals is compared with all.

    Args:
        propose: gives at least as many columns as asked for, -1 where it found nothing.
    """
    proposed = propose(queries, min(2 * k + 8, len(vectors)))
    scores, positions = _best(cosines(queries, vectors, proposed), proposed, k)
    short = positions[:, -1] < 0
    if short.any():
        scores[short], positions[short] = nearest(queries[short], vectors, k)
    return scores, positions


def _best(scores: Floats, positions: Positions, k: int) -> tuple[Floats, Positions]:
    order = np.lexsort((positions, -scores), axis=-1)[:, :k]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(positions, order, axis=1)


def flat_index(vectors: Floats) -> Any:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


class _Held:
    """Lends the memory of a flat index to numpy, and keeps the index alive while the array lives."""

    def __init__(self, index: Any) -> None:
        self.index = index
        self.__array_interface__ = {
            "shape": (index.ntotal, index.d),
            "typestr": "<f4",
            "data": (int(index.get_xb()), True),
            "version": 3,
        }


def vectors_of(index: Any) -> Floats:
    """Vectors of a flat index, (n, dim), read-only and not copied."""
    return np.asarray(_Held(index)) if index.ntotal else np.empty((0, index.d), np.float32)


def checksum(vectors: Floats) -> str:
    """Of rows at even distances: enough to tell two builds apart, without reading gigabytes."""
    rows = np.linspace(0, len(vectors) - 1, min(_SAMPLED, len(vectors))).astype(np.int64)
    return sha256(vectors[rows].tobytes()).hexdigest()[:16]
