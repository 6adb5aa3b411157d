from pathlib import Path

import pytest

from app.gating import set_gate
from app.validation import VALIDATION, read_validation
from catalog.errors import SettingsError, WorkspaceError
from retrieval.workspace import GATE, Workspace


def test_the_threshold_keeps_the_new_promise(workspace_copy: Path) -> None:
    workspace = Workspace(workspace_copy)
    gate = set_gate(workspace, target_accuracy=0.5, confidence=0.8)
    assert gate == workspace.gate()
    assert gate.threshold is not None
    assert gate.lower_bound is not None
    assert gate.lower_bound >= 0.5
    rows = read_validation(workspace)
    accepted = [row.right for row in rows if gate.accepts(row.confidence)]
    assert len(accepted) / len(rows) == pytest.approx(gate.coverage)
    assert sum(accepted) / len(accepted) == pytest.approx(gate.accuracy)


def test_a_promise_that_no_rows_support_shuts_the_gate(workspace_copy: Path) -> None:
    gate = set_gate(Workspace(workspace_copy), target_accuracy=0.999)
    assert gate.threshold is None
    assert "24 held-out rows" in gate.note


def test_what_is_not_given_stays(workspace_copy: Path) -> None:
    workspace = Workspace(workspace_copy)
    before = workspace.gate()
    after = set_gate(workspace, review_below=0.25)
    assert after == before.model_copy(update={"review_below": 0.25})
    assert set_gate(workspace, target_accuracy=0.55).review_below == 0.25


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_certainty_cannot_be_promised(workspace_copy: Path, share: float) -> None:
    with pytest.raises(SettingsError, match="--target-accuracy"):
        set_gate(Workspace(workspace_copy), target_accuracy=share)


def test_a_damaged_gate_is_mended(workspace_copy: Path) -> None:
    (workspace_copy / GATE).write_text("{", "utf-8")
    workspace = Workspace(workspace_copy)
    with pytest.raises(WorkspaceError):
        workspace.gate()
    assert set_gate(workspace, target_accuracy=0.6) == workspace.gate()


def test_validation_rows_that_cannot_be_read_are_said(workspace_copy: Path) -> None:
    workspace = Workspace(workspace_copy)
    (workspace_copy / VALIDATION).unlink()
    with pytest.raises(WorkspaceError, match=VALIDATION):
        read_validation(workspace)
