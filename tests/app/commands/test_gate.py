from pathlib import Path

import pytest

from app.exits import OK
from retrieval.workspace import Workspace
from tests.conftest import Cli


def test_without_options_it_is_shown_and_stays(cli: Cli, workspace_copy: Path) -> None:
    before = Workspace(workspace_copy).gate()
    outcome = cli("gate", "--workspace", workspace_copy, "--json")
    assert outcome.code == OK
    assert outcome.document["threshold"] == before.threshold
    assert outcome.document["calibration"]["overall"]["rows"] == 24
    assert Workspace(workspace_copy).gate() == before


def test_with_options_it_is_set(cli: Cli, workspace_copy: Path) -> None:
    outcome = cli("gate", "--workspace", workspace_copy, "--target-accuracy", 0.99, "--review-below", 0.25)
    assert outcome.code == OK
    assert "Shut: 24 held-out rows cannot support 99.0%" in outcome.stdout
    assert "more labelled rows are needed" in outcome.stdout
    assert "less sure than 0.250" in outcome.stdout
    assert Workspace(workspace_copy).gate().target_accuracy == 0.99


def test_a_promise_by_locale_is_shown_as_a_table(cli: Cli, workspace_copy: Path) -> None:
    arguments = ("--per", "locale", "--certified", "--target-accuracy", 0.5, "--confidence", 0.6)
    outcome = cli("gate", "--workspace", workspace_copy, *arguments)
    gate = Workspace(workspace_copy).gate()
    assert (gate.rule, gate.per) == ("certified", "locale")
    assert "By locale" in outcome.stdout
    assert all(name in outcome.stdout for name in gate.groups if name)
    assert sum(part.rows for part in gate.groups.values()) == 24


def test_a_promise_by_department_of_the_first_candidate(cli: Cli, workspace_copy: Path) -> None:
    arguments = ("--per", "department", "--target-accuracy", 0.5, "--json")
    found = cli("gate", "--workspace", workspace_copy, *arguments).document
    assert sum(part["rows"] for part in found["groups"].values()) == 24
    assert [part["name"] for part in found["calibration"]["by_department"]] == list(found["groups"])


def test_by_price_and_by_budget(cli: Cli, workspace_copy: Path) -> None:
    cost = ("--llm-cost", 0.01, "--mistake-cost", 0.1, "--json")
    costly = cli("gate", "--workspace", workspace_copy, *cost)
    assert costly.document["rule"] == "least-cost"
    assert costly.document["threshold"] == pytest.approx(0.9)
    budget = cli("gate", "--workspace", workspace_copy, "--llm-share", 0.25, "--json")
    assert budget.document["coverage"] >= 0.75
    assert "no accuracy is promised" in budget.document["gate_line"]


def test_options_that_contradict_each_other_change_nothing(cli: Cli, workspace_copy: Path) -> None:
    before = Workspace(workspace_copy).gate()
    outcome = cli("gate", "--workspace", workspace_copy, "--llm-share", 0.2, "--certified")
    assert outcome.code == 2
    assert "Ask for one of them only" in outcome.stderr
    assert Workspace(workspace_copy).gate() == before


def test_a_picture_alone_changes_nothing(cli: Cli, workspace_copy: Path, tmp_path: Path) -> None:
    before = Workspace(workspace_copy).gate()
    picture = tmp_path / "gate.html"
    outcome = cli("gate", "--workspace", workspace_copy, "--plot", picture)
    assert outcome.code == OK
    assert str(picture) in outcome.stdout
    assert "<svg" in picture.read_text("utf-8")
    assert Workspace(workspace_copy).gate() == before
