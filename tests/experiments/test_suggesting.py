"""Edits by a model: exact, checked, and what it is shown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.llm.counting import Estimate
from agents.llm.model import LLM
from catalog.errors import PromptError
from evaluation.contest import standings
from experiments.result import ArmResult
from experiments.suggesting import (
    Attempt,
    Edit,
    Suggestion,
    drafted,
    edited,
    failures,
    halves,
    proposal,
    wins,
)
from graph.batch.spending import Spending
from prompts.drafting import prompt_body
from prompts.loader import load_prompt
from tests.experiments.conftest import PATHS, ScriptedChat, made_case
from tests.experiments.made import made_trial

PROMPT = load_prompt("general_expert/cot_rank.v1")
INSTRUCTION = load_prompt("engineer/suggest")


def suggester(*edits: tuple[str, str]) -> tuple[LLM, list[str]]:
    asked: list[str] = []

    def script(text: str) -> dict[str, Any]:
        asked.append(text)
        made = [{"find": find, "replace": replace} for find, replace in edits]
        return {"diagnosis": "it mistakes use", "note": "say what counts", "edits": made}

    return LLM("scripted", ScriptedChat(counter=Estimate(), script=script), None, "rank"), asked


def result(marks: str, base: str) -> ArmResult:
    columns = {n: np.array([[float(m == "+")] for m in text]) for n, text in (("a", base), ("b", marks))}
    return ArmResult(label="b", identity={}, standing=standings(columns)[1], usage=None, finding=None)


def test_edits_are_exact():
    assert (
        edited("one two three", [Edit(find="two", replace="2"), Edit(find="three", replace="")]) == "one 2 "
    )
    with pytest.raises(PromptError, match="stands 2 times"):
        edited("two two", [Edit(find="two", replace="2")])
    with pytest.raises(PromptError, match="stands 0 times"):
        edited("one", [Edit(find="two", replace="2")])
    with pytest.raises(PromptError, match="change nothing"):
        edited("one two", [Edit(find="two", replace="two")])


def test_it_sees_the_prompt_and_what_went_wrong(tmp_path: Path):
    labelled = [made_case(number)[0] for number in range(4)]
    trials = [made_trial(mark) for mark in "+-!-"]
    trials = [
        t.model_copy(update={"own": PATHS[1] if t.own.endswith("Snow Toys") else t.own}) for t in trials
    ]
    wrong = failures(labelled, trials)
    assert [failure.title for failure in wrong] == ["Snow clip 1", "Snow clip 3"]
    llm, asked = suggester(("who buys or uses it", "who buys it"))
    tried = [Attempt(note="an older idea", diagnosis=""), Attempt(note="kept one", diagnosis="", kept=True)]
    attempt, version = proposal(llm, INSTRUCTION, PROMPT, wrong, tried, tmp_path, Spending())
    assert version is not None
    assert (attempt.prompt, version.front_matter.note) == (version.ref, "say what counts")
    assert "who buys it." in prompt_body(version)
    assert prompt_body(PROMPT).strip() in asked[0]
    assert "Snow clip 1" in asked[0]
    assert "an older idea" in asked[0]
    assert "kept one" not in asked[0]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [(("no such piece", "x"), "stands 0 times"), (("{{ title", "{{ titel"), "does not list")],
)
def test_a_bad_proposal_is_told_and_leaves_no_file(tmp_path: Path, edit: tuple[str, str], problem: str):
    llm, _ = suggester(edit)
    attempt, version = proposal(llm, INSTRUCTION, PROMPT, [], [], tmp_path, Spending())
    assert version is None
    assert problem in attempt.problem
    assert not list(tmp_path.rglob("*.jinja"))


def test_an_answer_that_is_none_is_told(tmp_path: Path):
    llm, _ = suggester()  # no edits at all is not a suggestion
    attempt, version = proposal(llm, INSTRUCTION, PROMPT, [], [], tmp_path, Spending())
    assert version is None
    assert "no usable answer" in attempt.problem


def test_rounds_share_the_level():
    good = result("+" * 20, "-" * 7 + "+" * 13)
    assert wins(good, rounds=3)
    assert not wins(good, rounds=4)
    assert not wins(result("-" * 7 + "+" * 13, "+" * 20), rounds=1)


def test_what_is_read_is_not_measured_on():
    labelled = [made_case(number)[0] for number in range(5)]
    reading, measuring = halves(labelled)
    assert len(reading) == 3
    assert not {one.product.product_id for one in reading} & {one.product.product_id for one in measuring}
    assert len(measuring) == 2


def test_a_draft_keeps_the_variables(tmp_path: Path):
    suggestion = Suggestion(
        diagnosis="d", note="n", edits=[Edit(find="who buys or uses it", replace="buyer")]
    )
    assert drafted(PROMPT, tmp_path, suggestion).front_matter.variables == PROMPT.front_matter.variables
