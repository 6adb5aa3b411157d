"""An index on disk: `NAME.faiss`, `NAME.plan.json`, and `NAME.npy` for the vectors of a trained one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from pydantic import ValidationError

from catalog.errors import WorkspaceError
from retrieval.index.approximate import TRAINED, Trained
from retrieval.index.build import flat_plan
from retrieval.index.exact import Floats, checksum, flat_index, vectors_of
from retrieval.index.plan import IndexPlan
from retrieval.workspace import write_json

_FIX = "Train again."


def write(path: Path, vectors: Floats, plan: IndexPlan, trained: Any | None) -> None:
    """Write the files of one index, each replaced whole: the old one may be mapped into memory."""
    index = flat_index(vectors) if trained is None else trained
    _replace(path, lambda beside: faiss.write_index(index, str(beside)))
    if trained is None:
        _vectors_path(path).unlink(missing_ok=True)
    else:
        _replace(_vectors_path(path), lambda beside: _save(beside, vectors))
    write_json(_plan_path(path), plan)


def read(path: Path) -> tuple[Floats, IndexPlan, Any | None]:
    """Vectors, plan and trained index; all but a flat index is mapped into memory, not read.

    Raises:
        WorkspaceError: a file is missing, damaged or of another build.
    """
    plan = _read_plan(_plan_path(path))
    if plan is None or plan.kind == "flat":
        vectors = _read_flat(path)
        found = flat_plan(vectors) if plan is None else plan
        trained = None
    else:
        found, trained = plan, _read_trained(path, plan, plan.kind)
        vectors = _map_vectors(_vectors_path(path))
    _check_same_build(path, vectors, found)
    return vectors, found, trained


def _plan_path(path: Path) -> Path:
    return path.with_suffix(".plan.json")


def _vectors_path(path: Path) -> Path:
    return path.with_suffix(".npy")


def _replace(path: Path, write_to: Callable[[Path], None]) -> None:
    beside = path.with_name(path.name + ".writing")
    write_to(beside)
    os.replace(beside, path)


def _save(path: Path, vectors: Floats) -> None:
    with path.open("wb") as file:  # a path would get `.npy` appended
        np.save(file, vectors, allow_pickle=False)


def _read_plan(path: Path) -> IndexPlan | None:
    """None where there is no plan: a flat index needs none."""
    try:
        return IndexPlan.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise WorkspaceError(f"`{path}` is damaged: {error}", fix=_FIX) from error


def _read_index(path: Path, flags: int) -> Any:
    try:
        return faiss.read_index(str(path), flags)
    except RuntimeError as error:
        raise WorkspaceError(f"`{path}` is not a FAISS index: {error}", fix=_FIX) from error


def _read_flat(path: Path) -> Floats:
    index = _read_index(path, 0)
    if not isinstance(index, faiss.IndexFlat) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise WorkspaceError(
            f"`{path}` is a `{type(index).__name__}`, and `{_plan_path(path)}` does not say so.",
            fix=_FIX,
        )
    return vectors_of(index)


def _read_trained(path: Path, plan: IndexPlan, kind: Trained) -> Any:
    index = _read_index(path, faiss.IO_FLAG_MMAP_IFC)
    as_planned = isinstance(index, TRAINED[kind]) and (index.ntotal, index.d) == (plan.vectors, plan.dim)
    if not as_planned:
        raise WorkspaceError(
            f"`{path}` holds {index.ntotal} vectors of {index.d} dimensions in a `{type(index).__name__}`, "
            f"`{_plan_path(path)}` says {kind!r} with {plan.vectors} of {plan.dim}.",
            fix=_FIX,
        )
    return index


def _map_vectors(path: Path) -> Floats:
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise WorkspaceError(f"`{path}` does not hold the vectors: {error}", fix=_FIX) from error
    if mapped.ndim != 2 or mapped.dtype != np.float32 or not mapped.flags.c_contiguous:
        raise WorkspaceError(
            f"`{path}` does not hold the vectors: {mapped.dtype} of shape {mapped.shape}.", fix=_FIX
        )
    return np.asarray(mapped)


def _check_same_build(path: Path, vectors: Floats, plan: IndexPlan) -> None:
    grown = plan.kind == "flat" and len(vectors) != plan.vectors
    if grown or checksum(vectors[: plan.vectors]) != plan.checksum:
        raise WorkspaceError(f"`{path}` and the files beside it are of two builds.", fix=_FIX)
