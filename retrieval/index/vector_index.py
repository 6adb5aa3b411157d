"""`VectorIndex`: the nearest of many unit vectors, kept in the files of a workspace."""

from pathlib import Path
from typing import Any

import numpy as np

from catalog.errors import WorkspaceError
from retrieval.index import files
from retrieval.index.approximate import proposing
from retrieval.index.build import build, flat_plan
from retrieval.index.device import on_gpus
from retrieval.index.exact import (
    Floats,
    Positions,
    Propose,
    by_comparing,
    cosines,
    flat_index,
    nearest_proposed,
)
from retrieval.index.plan import TARGET, Choice, IndexPlan

__all__ = ["Floats", "Positions", "VectorIndex"]


class VectorIndex:
    """Inner-product search. Scores are exact for every kind; what is found is exact for a flat index.

    Attributes:
        vectors: all of them, (n, dim), read-only; mapped from the file when a trained index was loaded.
        plan: what was built, with the recall measured then.
    """

    def __init__(
        self, vectors: Floats, plan: IndexPlan, trained: Any | None = None, *, name: str = "The index"
    ) -> None:
        self.vectors = vectors
        self.plan = plan
        self._trained = trained
        self._name = name
        self._propose = _proposer(vectors[: plan.vectors], plan, trained)

    @classmethod
    def build(
        cls,
        vectors: Floats,
        *,
        kind: Choice = "auto",
        queries: Floats | None = None,
        target: float = TARGET,
    ) -> "VectorIndex":
        """Index unit vectors; row numbers become the results' positions. Equal vectors give equal files.

        Args:
            vectors: (n, dim); kept, not copied, when float32 and contiguous.
            kind: `auto` chooses by size and by what is measured (`retrieval/index/plan.py`).
            queries: vectors like those that will be looked for, to measure recall with; without them a
                held-out sample of `vectors` serves, which flatters an index over label paths.
            target: recall@10 that a trained index must reach.

        Raises:
            WorkspaceError: a vector is not finite.
        """
        rows = _checked(vectors, vectors.shape[-1], "The index").view()
        rows.flags.writeable = False
        like = None if queries is None else _checked(queries, rows.shape[1], "The index")
        return cls(rows, *build(rows, kind, like, target))

    @classmethod
    def load(cls, path: Path) -> "VectorIndex":
        """Read an index that `save` wrote.

        Raises:
            WorkspaceError: a file is missing, damaged or of another build.
        """
        return cls(*files.read(path), name=f"`{path}`")

    def save(self, path: Path) -> None:
        """Write `path` and, beside it, the plan and what a trained index needs; replaces what is there."""
        files.write(path, self.vectors, self.plan, self._trained)

    def __len__(self) -> int:
        return len(self.vectors)

    def add(self, vectors: Floats) -> "VectorIndex":
        """A new index with these vectors behind the others; no training, found from the first search on.

        A trained index stays as it is: what was added is compared one by one, which costs little up to some
        thousands. Copies the vectors, in memory.

        Raises:
            WorkspaceError: they have another dimension, or one is not finite.
        """
        added = _checked(vectors, self.plan.dim, self._name)
        rows = np.concatenate([self.vectors, added])
        rows.flags.writeable = False
        plan = flat_plan(rows) if self.plan.kind == "flat" else self.plan
        return VectorIndex(rows, plan, self._trained, name=self._name)

    def search(self, queries: Floats, k: int) -> tuple[Floats, Positions]:
        """Cosines and positions of the `k` nearest, each (queries, min(k, n)), nearest first.

        Equal cosines come in the order of positions; the same row in another batch gets the same scores.

        Raises:
            WorkspaceError: the queries have another dimension, or one is not finite.
        """
        rows, k = _checked(queries, self.plan.dim, self._name), min(k, len(self))
        if not k or not len(rows):
            return np.empty((len(rows), k), np.float32), np.empty((len(rows), k), np.int64)
        return nearest_proposed(rows, self.vectors, k, self._propose_with_added)

    def cosines(self, queries: Floats, positions: Positions) -> Floats:
        """Exact cosines of each query (n, dim) with its own positions (n, m); -inf where one is negative.

        Raises:
            IndexError: a position is not below n.
        """
        if positions.size and positions.max() >= len(self):
            raise IndexError(f"position {positions.max()} of {len(self)} vectors")
        return cosines(_checked(queries, self.plan.dim, self._name), self.vectors, positions)

    def _propose_with_added(self, queries: Floats, m: int) -> Positions:
        proposed, built = self._propose(queries, m), self.plan.vectors
        if built == len(self):
            return proposed
        added = by_comparing(self.vectors[built:])(queries, m)
        return np.concatenate([proposed, built + added], axis=1)


def _proposer(vectors: Floats, plan: IndexPlan, trained: Any | None) -> Propose:
    if plan.kind == "flat":
        return on_gpus(plan, by_comparing(vectors), lambda: flat_index(vectors))
    return on_gpus(plan, proposing(trained), lambda: trained)


def _checked(vectors: Floats, dim: int, name: str) -> Floats:
    """As contiguous float32 of shape (n, dim)."""
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise WorkspaceError(
            f"{name} holds vectors of {dim} dimensions, the ones given have shape {vectors.shape}.",
            fix="Use the encoder that the index was built with, or train again.",
        )
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if not np.isfinite(np.vdot(rows, rows)):
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise WorkspaceError(
            f"Row {row} of the vectors given to {name} is not finite.",
            fix="The encoder is damaged: train again.",
        )
    return rows
