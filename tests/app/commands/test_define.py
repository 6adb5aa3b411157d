from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from agents.llm.factory import LLM
from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from tests.conftest import Cli

HOSES = "Garden > Watering > Garden Hoses"
OPTIONS = ("--llm", "none", "--device", "cpu")


def test_all_categories_are_written_once(cli: Cli, workspace_copy: Path) -> None:
    first = cli("define", "--workspace", workspace_copy, *OPTIONS, "--json")
    assert first.code == OK
    counts = {name: first.document[name] for name in ("written", "kept", "extractive", "unanswered")}
    assert counts == {"written": 6, "kept": 0, "extractive": 6, "unanswered": 0}
    assert Path(first.document["file"]).is_file()
    again = cli("define", "--workspace", workspace_copy, *OPTIONS, "--json").document
    assert (again["written"], again["kept"]) == (0, 6)
    assert again["definitions"] == first.document["definitions"]
    fresh = cli("define", "--workspace", workspace_copy, *OPTIONS, "--refresh", "--json").document
    assert fresh["written"] == 6
    assert {d["version"] for d in fresh["definitions"]} == {2}


def test_a_single_category_shows_its_text_and_evidence(cli: Cli, workspace_copy: Path) -> None:
    outcome = cli("define", "--workspace", workspace_copy, *OPTIONS, "--category", HOSES)
    assert outcome.code == OK
    assert "1 definitions: 1 written" in outcome.stdout
    for part in (f"\n{HOSES}\n", "Terms: hose", "Written from:", "Told apart from:"):
        assert part in outcome.stdout


def test_an_unknown_category_is_said(cli: Cli, workspace_copy: Path) -> None:
    outcome = cli("define", "--workspace", workspace_copy, *OPTIONS, "--category", "Boats > Ropes")
    assert outcome.code == COULD_NOT_RUN
    assert "'Boats > Ropes' is not in the taxonomy" in outcome.stderr


def test_categories_without_an_answer_are_tried_again(
    cli: Cli, workspace_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build_llm(spec: str, **options: object) -> LLM:
        return LLM(spec, FakeListChatModel(responses=["no JSON"]), None, "rank")

    monkeypatch.setattr("graph.open.build_llm", build_llm)
    options = ("--llm", "fake:model", "--device", "cpu", "--json")
    for _ in range(2):
        outcome = cli("define", "--workspace", workspace_copy, *options)
        assert outcome.code == ERROR_ROWS
        assert (outcome.document["written"], outcome.document["unanswered"]) == (0, 6)
