"""A FAISS index over unit vectors; the same code on a GPU when faiss finds one."""

from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from catalog.errors import WorkspaceError

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


class VectorIndex:
    """Inner-product search, exact (flat): right below some 50,000 vectors."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index
        self._searcher = faiss.index_cpu_to_all_gpus(index) if faiss.get_num_gpus() > 0 else index

    @classmethod
    def build(cls, vectors: Floats) -> "VectorIndex":
        """Index unit vectors of shape (n, dim); row numbers become the results' positions."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Read an index that `save` wrote.

        Raises:
            WorkspaceError: the file is missing or no index.
        """
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise WorkspaceError(f"`{path}` is not a FAISS index: {error}", fix="Train again.") from error

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @cached_property
    def vectors(self) -> Floats:
        """All indexed vectors, shape (n, dim)."""
        stored: Floats = self._index.reconstruct_n(0, len(self))
        return stored

    def search(self, queries: Floats, k: int) -> tuple[Floats, Positions]:
        """Cosines and positions of the `k` nearest, each of shape (queries, min(k, n)), nearest first."""
        scores, positions = self._searcher.search(
            np.ascontiguousarray(queries, dtype=np.float32), min(k, len(self))
        )
        return scores, positions
