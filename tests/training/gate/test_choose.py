import numpy as np
import pytest
from scipy.stats import binom

from retrieval.gate import Costs
from training.gate.bounds import lower_bound
from training.gate.choose import budget_gate, choose_gate, least_cost_gate
from training.gate.describe import gate_line
from training.gate.promise import Promise

CONFIDENCES = np.linspace(1, 0, 400, dtype=np.float32)
RIGHT = np.arange(400) < 200
ASKED = {"target_accuracy": 0.9, "confidence": 0.95}


def test_the_evidence_is_that_of_the_accepted_rows() -> None:
    gate = choose_gate(CONFIDENCES, RIGHT, **ASKED)
    accepted = gate.limit() <= CONFIDENCES
    assert gate.rows == 400
    assert gate.coverage == pytest.approx(accepted.mean())
    assert gate.accuracy == pytest.approx(RIGHT[accepted].mean())
    assert gate.lower_bound == pytest.approx(float(lower_bound(RIGHT[accepted].sum(), accepted.sum(), 0.95)))
    assert gate.rule == "clopper-pearson"
    assert "target 90.0%" in gate_line(gate)


def test_certified_asks_for_more_and_says_so() -> None:
    plain, certified = (choose_gate(CONFIDENCES, RIGHT, **ASKED, certified=c) for c in (False, True))
    assert certified.rule == "certified"
    assert certified.limit() > plain.limit()
    assert "90.0% certified" in gate_line(certified)


def test_stays_shut_on_too_few_rows_and_says_how_many_are_missing() -> None:
    gate = choose_gate(np.ones(20, np.float32), np.ones(20, np.bool_), target_accuracy=0.95, confidence=0.95)
    assert gate.threshold is None
    assert gate.rows_needed is not None
    assert gate.rows_needed >= 59 - 20
    assert "20 held-out rows" in gate.note
    assert f"about {gate.rows_needed} more labelled rows" in gate_line(gate)
    assert not gate.accepts(1.0)


def test_says_that_more_rows_do_not_help_a_gate_that_is_wrong_too_often() -> None:
    gate = choose_gate(np.full(400, 0.9), np.arange(400) % 2 == 0, **ASKED)
    assert gate.rows_needed is None
    assert "would not help" in gate_line(gate)


def test_accepts_at_the_threshold_itself() -> None:
    confidences = np.asarray([0.9] * 100, np.float32)
    gate = choose_gate(confidences, np.ones(100, np.bool_), **ASKED)
    assert gate.accepts(float(confidences[0]))


def test_least_cost_and_budget_promise_nothing_and_keep_the_evidence() -> None:
    costs = Costs(llm=0.1, mistake=1.0, mended=0.5, measured=False)
    cheap = least_cost_gate(CONFIDENCES, RIGHT, costs, **ASKED)
    assert (cheap.rule, cheap.threshold, cheap.costs) == ("least-cost", pytest.approx(0.8), costs)
    assert cheap.accuracy == 1.0
    assert "assumed" in gate_line(cheap)
    fixed = budget_gate(CONFIDENCES, RIGHT, 0.25, **ASKED)
    assert (fixed.rule, fixed.llm_share) == ("llm-share", 0.25)
    assert fixed.coverage == 0.75
    for gate in (cheap, fixed):
        assert "no accuracy is promised" in gate_line(gate)


def test_a_budget_for_everything_accepts_nothing() -> None:
    gate = budget_gate(CONFIDENCES, RIGHT, 1.0, **ASKED)
    assert (gate.coverage, gate.accuracy) == (0.0, None)
    assert "none of 400" in gate_line(gate)


def test_groups_are_told_in_the_line() -> None:
    names = ["de"] * 300 + ["fr"] * 100
    gate = choose_gate(CONFIDENCES, RIGHT, **ASKED, per="locale", groups=names)
    assert "in 1 of 2 locales" in gate_line(gate)
    assert "for each alone" in gate_line(gate)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [500, 2000])
def test_a_certified_promise_is_broken_no_more_often_than_it_may(rows: int) -> None:
    """Worlds where to open is tempting: accuracy crosses the target along the scores, or never reaches it."""
    worlds, target, confidence = 2000, 0.9, 0.9
    rng = np.random.default_rng(rows)
    broken = 0
    for world in range(worlds):
        scores = rng.random(rows)
        slope = 0.3 if world % 2 else 0.0
        top = 0.97 if world % 2 else 0.895
        right = rng.random(rows) < top - slope * (1 - scores)
        threshold = Promise(target, confidence, certified=True).threshold(scores, right)
        broken += threshold is not None and top - slope * (1 - threshold) / 2 < target
    assert broken <= binom.ppf(0.999, worlds, 1 - confidence)
