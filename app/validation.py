"""The validation rows that training left in the workspace."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.errors import WorkspaceError
from catalog.product import Product
from retrieval.gate import Per, group_of
from retrieval.workspace import Workspace

VALIDATION = "validation.jsonl"


class ValidationRow(BaseModel):
    """A held-out product with the domain expert's cross-fitted answer.

    Attributes:
        category_path: of its first candidate; empty in workspaces that did not keep it.
        confidence: that its first candidate is right.
        right: whether it was.
        levels: confidences of the inner nodes of its path, root first; empty in workspaces that did not keep
            them.
        levels_right: whether each of these was.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: Product
    category_path: str = ""
    confidence: float
    right: bool
    levels: tuple[float, ...] = ()
    levels_right: tuple[bool, ...] = ()


def read_validation(workspace: Workspace) -> list[ValidationRow]:
    """All of them, in file order.

    Raises:
        WorkspaceError: the file cannot be read.
    """
    path = workspace.path(VALIDATION)
    try:
        # Not `splitlines`: texts may hold other line separators than the file's own.
        lines = path.read_text("utf-8").split("\n")
        return [ValidationRow.model_validate_json(line) for line in lines if line]
    except (OSError, ValidationError) as error:
        raise WorkspaceError(f"`{path}` cannot be used: {error}", fix="Train again.") from error


def confidences_of(rows: Sequence[ValidationRow]) -> npt.NDArray[np.float64]:
    """(n,)"""
    return np.asarray([row.confidence for row in rows], dtype=np.float64)


def right_of(rows: Sequence[ValidationRow]) -> npt.NDArray[np.bool_]:
    """(n,)"""
    return np.asarray([row.right for row in rows], dtype=np.bool_)


def levels_of(rows: Sequence[ValidationRow]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Confidences of inner nodes, NaN where there is none, and whether they are right, each (n, levels)."""
    shape = len(rows), max((len(row.levels) for row in rows), default=0)
    confidences, right = np.full(shape, np.nan), np.zeros(shape, np.bool_)
    for i, row in enumerate(rows):
        confidences[i, : len(row.levels)] = row.levels
        right[i, : len(row.levels)] = row.levels_right
    return confidences, right


def groups_of(rows: Sequence[ValidationRow], per: Per | None) -> list[str]:
    """The gate's group of every row.

    Raises:
        WorkspaceError: departments are asked for and the workspace did not keep the first candidates.
    """
    if per == "department" and not all(row.category_path for row in rows):
        raise WorkspaceError(
            f"`{VALIDATION}` does not hold the first candidates, so their departments are not known.",
            fix="Train again, or use `--per locale`.",
        )
    return [group_of(per, row.product.locale, row.category_path) for row in rows]
