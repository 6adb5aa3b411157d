"""The gate's threshold, chosen anew."""

import numpy as np

from app.validation import read_validation
from catalog.errors import SettingsError, WorkspaceError
from retrieval.gate import Gate
from retrieval.workspace import GATE, Workspace, write_json
from training.gate import choose_gate
from training.recipe import Recipe


def set_gate(
    workspace: Workspace,
    *,
    target_accuracy: float | None = None,
    confidence: float | None = None,
    review_below: float | None = None,
) -> Gate:
    """Choose the threshold on the validation rows and write it into the workspace.

    Args:
        target_accuracy, confidence, review_below: as in `Gate`; None keeps what stands.

    Raises:
        SettingsError: a share is 0 or 1, which no rows can promise.
        WorkspaceError: the validation rows cannot be read.
    """
    for name, value in (("target-accuracy", target_accuracy), ("confidence", confidence)):
        if value in (0.0, 1.0):
            raise SettingsError(f"`--{name}` is {value!r}.", fix="Choose between 0 and 1, such as 0.95.")
    old = _standing(workspace)
    rows = read_validation(workspace)
    chosen = choose_gate(
        np.asarray([row.confidence for row in rows], dtype=np.float32),
        np.asarray([row.right for row in rows]),
        target_accuracy=target_accuracy or old.target_accuracy,
        confidence=confidence or old.confidence,
    )
    below = old.review_below if review_below is None else review_below
    gate = chosen.model_copy(update={"review_below": below})
    write_json(workspace.path(GATE), gate)
    return gate


def _standing(workspace: Workspace) -> Gate:
    """The gate as it is; as training sets it when its file is damaged, so that this can mend it."""
    try:
        return workspace.gate()
    except WorkspaceError:
        recipe = Recipe()
        return Gate(
            threshold=None,
            target_accuracy=recipe.target_accuracy,
            confidence=recipe.gate_confidence,
            rows=0,
            coverage=0.0,
            accuracy=None,
            lower_bound=None,
        )
