"""Findings, requirements and what is said of them."""

import pytest

from experiments.checks import Requirements
from experiments.result import disagree, outcome, score
from tests.experiments.made import RIGHT, made_cases, made_comparison, made_trial


def test_better_worse_and_no_difference():
    found = made_comparison(base="-" * 20 + "+" * 20, good="+" * 40, bad="-" * 40, same="-" * 20 + "+" * 20)
    assert [arm.finding for arm in found.arms] == [None, "better", "worse", "no difference seen"]
    assert found.reachable == 40
    assert found.hindsight is not None
    assert found.hindsight.differing == 0.5


def test_the_judge_decides_whose_answer_counts():
    trial = made_trial("-")
    assert score((trial,), (RIGHT,), "own") == 0
    assert score((trial,), (RIGHT,), "fused") == 1
    assert score((made_trial("!"),), (RIGHT,), "own") is None


def test_outcomes_of_a_case():
    ends = []
    for case in made_cases(a="+-+-!+", b="+-++-!"[:3] + "+" + "-!"):
        ends.append(outcome(case, "a", "b", "own"))
    assert ends == ["tie", "tie", "tie", "win", "error", "error"]
    (repeated,) = made_cases(a=["+-!"], b=["++-"])
    assert outcome(repeated, "a", "b", "own") == "win"
    same, other = made_cases(a="++", b="+-")
    assert (disagree(same, "own"), disagree(other, "own"), disagree(other, "fused")) == (False, True, False)


@pytest.mark.parametrize(
    ("requirements", "good", "same", "bad"),
    [
        (Requirements(fail_under=0.6), True, False, False),
        (Requirements(require="better"), True, False, False),
        (Requirements(require="not-worse", margin=0.05), True, True, False),
        (Requirements(require="not-worse", margin=0.0), True, False, False),
    ],
)
def test_requirements_hold_for_each_candidate(requirements: Requirements, good: bool, same: bool, bad: bool):
    marks = "-+" * 40
    found = made_comparison(requirements, base=marks, good="+" * 80, same=marks, bad="-" * 80)
    assert {check.label: check.passed for check in found.checks} == {"good": good, "same": same, "bad": bad}
    assert found.passed == (good and same and bad)


def test_few_cases_do_not_prove_that_nothing_is_lost():
    found = made_comparison(Requirements(require="not-worse", margin=0.02), base="+-+-", same="+-+-")
    assert not found.passed


def test_errors_have_their_own_requirement():
    found = made_comparison(Requirements(max_errors=1), base="++++", good="+!!+")
    assert [check.message for check in found.checks] == ["2 trials failed"]
    assert (found.passed, found.errors) == (False, 2)


def test_nothing_answered_meets_nothing():
    every = Requirements(fail_under=0.1, require="better", max_errors=0)
    found = made_comparison(every, base="++", dead="!!")
    assert [check.passed for check in found.checks] == [False, False, False]
    assert (found.arms[1].usage, found.arms[1].finding) == (None, "no difference seen")


def test_usage_is_of_answers_and_cost_of_trials():
    found = made_comparison(base="+!", other="++")
    base, other = (arm.usage for arm in found.arms)
    assert base is not None
    assert other is not None
    assert (base.tokens_in, base.latency_p50) == (100, 12.5)
    assert base.total_cost == pytest.approx(0.003)
    assert other.cost == pytest.approx(2.0)


def test_breakdowns_cover_every_case_once():
    found = made_comparison(base="+-+-+", other="+++--")
    for dimension, groups in {"locale": 2, "department": 1, "category size": 1}.items():
        parts = [part for part in found.breakdowns if part.dimension == dimension]
        assert (len(parts), sum(part.n for part in parts)) == (groups, 5)
