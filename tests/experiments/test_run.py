"""Asking: what is paid once, what an edit costs, errors, repeats, money and stopping."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.fusion import Fusions
from agents.llm.chat import EmbeddedChat
from agents.llm.counting import Estimate
from agents.llm.decoding import Generation
from agents.llm.prices import Price
from catalog.errors import PromptError, SettingsError
from catalog.progress import Silent
from experiments.arms import Arm
from experiments.opening import Bench, open_arms
from experiments.recording import recording_llm
from experiments.run import Asked, Protocol, ask_all
from experiments.sampling import refuse_fixed, sampling
from experiments.store import TrialStore
from graph.batch.spending import Spending
from prompts.drafting import draft, prompt_body
from prompts.loader import load_prompt
from tests.experiments.conftest import PATHS, Script, made_case

CASES = [made_case(number)[1] for number in range(30)]
RELEASED = "general_expert/cot_rank.v1"
PRICE = Price(input=10.0, output=10.0)


def ask(
    arms: list[Arm], store: Path, protocol: Protocol | None = None, spending: Spending | None = None
) -> Asked:
    with TrialStore(store) as opened:
        spending = spending or Spending()
        return ask_all(arms, CASES, opened, spending, protocol or Protocol("one"), Silent())


def edited(own: Path, before: str, after: str) -> str:
    """A new version with one text changed."""
    parent = load_prompt(RELEASED)
    body = prompt_body(parent)
    assert body.count(before) >= 1
    return draft(parent, own, "one word", body=body.replace(before, after, 1)).ref


def test_an_answer_is_paid_once(bench: Bench, script: Script, tmp_path: Path):
    arms = open_arms(["cot_rank", "rank"], bench)
    first = ask(arms, tmp_path / "answers.sqlite")
    assert (first.reused, first.bought, len(script.asked)) == (0, 60, 60)
    second = ask(arms, tmp_path / "answers.sqlite", Protocol("another comparison"))
    assert (second.reused, second.bought, len(script.asked)) == (60, 0, 60)
    assert second.trials == first.trials
    assert first.trials["rank"][0][0] is not None
    assert first.trials["rank"][0][0].own == PATHS[0]


def test_the_models_first_is_the_answer(bench: Bench, script: Script, tmp_path: Path):
    script.ranking = lambda text: [3, 1] if "Snow clip 7" in text else [2, 1]
    asked = ask(open_arms(["rank", "cot_rank"], bench), tmp_path / "a.sqlite")
    for label in ("rank", "cot_rank"):
        said = [case[0].own for case in asked.trials[label] if case[0]]
        assert said == [PATHS[2] if number == 7 else PATHS[1] for number in range(30)]


def test_one_word_edited_pays_for_the_edited_prompt_only(script: Script, tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    bench = Bench(script.llm(), Fusions(), overlay=own)
    ask(open_arms([RELEASED], bench), tmp_path / "a.sqlite")
    new = edited(own, "You", "We")
    asked = ask(open_arms([RELEASED, new], bench), tmp_path / "a.sqlite")
    assert (asked.reused, asked.bought) == (30, 30)


def test_an_edit_that_a_case_does_not_show_costs_nothing_there(script: Script, tmp_path: Path):
    own = tmp_path / "own"
    own.mkdir()
    bench = Bench(script.llm(), Fusions(), overlay=own)
    ask(open_arms([RELEASED], bench), tmp_path / "a.sqlite")
    new = edited(own, "Brand: {{", "Made by: {{")
    asked = ask(open_arms([RELEASED, new], bench), tmp_path / "a.sqlite")
    assert asked.bought == 10  # every third product has a brand
    assert asked.reused == 50


def test_repeats_are_asked_each(bench: Bench, script: Script, tmp_path: Path):
    asked = ask(open_arms(["rank"], bench), tmp_path / "a.sqlite", Protocol("one", repeats=3))
    assert (asked.bought, len(script.asked)) == (90, 90)
    again = ask(open_arms(["rank"], bench), tmp_path / "a.sqlite", Protocol("one", repeats=4))
    assert (again.reused, again.bought) == (90, 30)


def test_failures_are_kept_for_their_comparison_and_asked_again_when_told(
    bench: Bench, script: Script, tmp_path: Path
):
    arms, store = open_arms(["rank"], bench), tmp_path / "a.sqlite"
    script.fails_on = "Snow clip 5"
    first = ask(arms, store)
    failed = [case[0] for case in first.trials["rank"] if case[0] and case[0].error]
    assert [trial.error for trial in failed] == ["the server said 503"]
    assert first.complete
    script.fails_on = ""
    assert ask(arms, store).bought == 0
    assert ask(arms, store, Protocol("one", retry_errors=True)).bought == 1
    assert ask(arms, store).reused == 30


def test_failures_of_another_comparison_are_asked_again(bench: Bench, script: Script, tmp_path: Path):
    arms, store = open_arms(["rank"], bench), tmp_path / "a.sqlite"
    script.fails_on = "Snow clip 5"
    ask(arms, store)
    script.fails_on = ""
    asked = ask(arms, store, Protocol("two"))
    assert (asked.bought, asked.reused) == (1, 29)


def test_the_greatest_cost_holds_over_all_runs(bench: Bench, tmp_path: Path):
    arms, store = open_arms(["rank", "cot_rank"], bench), tmp_path / "a.sqlite"
    whole = Spending(PRICE)
    ask(arms, tmp_path / "other.sqlite", spending=whole)
    assert whole.paid is not None
    limit = whole.paid / 2
    first = ask(arms, store, spending=Spending(PRICE, limit, 1))
    assert not first.complete
    assert 0 < first.bought < 60
    with TrialStore(store) as opened:
        spent = opened.spent("one")
    assert limit <= spent < 1.1 * limit
    resumed = Spending(PRICE, limit, 1)
    resumed.begin(spent)
    assert ask(arms, store, spending=resumed).bought == 0
    # What was asked was asked of both, so that half a comparison is a comparison.
    answered = {label: [case[0] is not None for case in by] for label, by in first.trials.items()}
    assert abs(sum(answered["rank"]) - sum(answered["cot_rank"])) <= 1


def test_a_stop_keeps_what_was_answered(bench: Bench, script: Script, tmp_path: Path):
    arms = open_arms(["rank", "cot_rank"], bench)
    first = ask(arms, tmp_path / "a.sqlite", Protocol("one", stopped=lambda: len(script.asked) >= 11))
    assert 11 <= first.bought <= 13
    assert not first.complete
    second = ask(arms, tmp_path / "a.sqlite")
    assert (second.reused, second.complete) == (first.bought, True)
    assert len(script.asked) == 60


class Greedy:
    """A model of this process: it has no temperature."""

    name = "greedy"

    def render(self, messages: object) -> str:
        return ""

    def generate_batch(self, requests: object) -> list[Generation]:
        return []


def test_a_model_that_always_says_the_same_is_not_repeated(script: Script):
    hot = sampling(script.llm(), 0.9)
    assert hot.chat.model_dump()["temperature"] == 0.9
    greedy = replace(script.llm(), chat=EmbeddedChat(model=Greedy()))
    with pytest.raises(SettingsError, match="always gives the same answer"):
        sampling(greedy, 0.9)
    refuse_fixed(open_arms(["rank"], Bench(hot, Fusions())))
    llm, _ = recording_llm("scorer", "likelihood", Estimate())
    with pytest.raises(SettingsError, match="ranks by likelihood"):
        refuse_fixed(open_arms(["likelihood"], Bench(llm, Fusions())))


def test_a_contestant_that_ranks_nothing_is_refused(bench: Bench):
    with pytest.raises(PromptError, match="puts no category first"):
        open_arms(["general_expert/explain.v1"], bench)
    with pytest.raises(SettingsError, match="named twice"):
        open_arms(["rank", "rank"], bench)
    with pytest.raises(PromptError, match="There is no prompt `no/such`"):
        open_arms(["no/such"], bench)


def test_none_of_these_is_an_answer_and_a_wrong_one(bench: Bench, script: Script, tmp_path: Path):
    script.ranking = lambda _: [0]
    asked = ask(open_arms(["rank"], bench), tmp_path / "a.sqlite")
    trial = asked.trials["rank"][0][0]
    assert trial is not None
    assert (trial.own, trial.error) == ("", None)
    assert trial.fused == PATHS[0]
