from pathlib import Path

from app.exits import OK
from retrieval.workspace import Workspace
from tests.conftest import Cli


def test_without_options_it_is_shown_and_stays(cli: Cli, workspace_copy: Path) -> None:
    before = Workspace(workspace_copy).gate()
    outcome = cli("gate", "--workspace", workspace_copy, "--json")
    assert outcome.code == OK
    assert outcome.document["threshold"] == before.threshold
    assert Workspace(workspace_copy).gate() == before


def test_with_options_it_is_set(cli: Cli, workspace_copy: Path) -> None:
    outcome = cli("gate", "--workspace", workspace_copy, "--target-accuracy", 0.99, "--review-below", 0.25)
    assert outcome.code == OK
    assert "Shut: No threshold on 24 held-out rows keeps 99.0%" in outcome.stdout
    assert "less sure than 0.250" in outcome.stdout
    assert Workspace(workspace_copy).gate().target_accuracy == 0.99
