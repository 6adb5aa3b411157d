import numpy as np
import pytest
from scipy.stats import binomtest

from training.gate import choose_gate, lower_bound


@pytest.mark.parametrize(("k", "n"), [(1, 1), (59, 59), (90, 100), (5, 40)])
def test_lower_bound_is_clopper_pearsons(k, n):
    expected = binomtest(k, n, alternative="greater").proportion_ci(0.95, "exact").low
    assert lower_bound(k, n, 0.95) == pytest.approx(expected)


def test_no_hit_bounds_at_zero():
    assert lower_bound(0, 10, 0.95) == 0


def test_opens_at_the_lowest_threshold_that_keeps_the_target():
    confidences = np.linspace(1, 0, 400, dtype=np.float32)
    right = np.arange(400) < 200
    gate = choose_gate(confidences, right, target_accuracy=0.9, confidence=0.95)
    accepted = confidences >= gate.threshold
    assert lower_bound(right[accepted].sum(), accepted.sum(), 0.95) >= 0.9
    one_lower = confidences >= confidences[accepted.sum()]
    assert lower_bound(right[one_lower].sum(), one_lower.sum(), 0.95) < 0.9
    assert gate.coverage == pytest.approx(accepted.mean())


def test_stays_shut_on_too_few_rows_and_says_why():
    gate = choose_gate(np.ones(20, np.float32), np.ones(20, np.bool_), target_accuracy=0.95, confidence=0.95)
    assert gate.threshold is None
    assert "20 held-out rows" in gate.note
    assert not gate.accepts(1.0)


def test_rows_that_tie_are_accepted_together_or_not_at_all():
    confidences = np.full(200, 0.7, np.float32)
    right = np.arange(200) < 150
    gate = choose_gate(confidences, right, target_accuracy=0.9, confidence=0.95)
    assert gate.threshold is None  # the first 150 alone would do, but cannot be told from the rest


def test_accepts_at_the_threshold_itself():
    confidences = np.asarray([0.9] * 100, np.float32)
    gate = choose_gate(confidences, np.ones(100, np.bool_), target_accuracy=0.9, confidence=0.95)
    assert gate.accepts(float(confidences[0]))
