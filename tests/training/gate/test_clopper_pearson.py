import numpy as np

from training.gate.bounds import lower_bound
from training.gate.clopper_pearson import lowest_bounded


def test_it_is_the_lowest_whose_bound_meets_the_target() -> None:
    confidences = np.linspace(1, 0, 400)
    right = np.arange(400) < 200
    threshold = lowest_bounded(confidences, right, target=0.9, confidence=0.95)
    accepted = confidences >= threshold
    assert lower_bound(right[accepted].sum(), accepted.sum(), 0.95) >= 0.9
    one_lower = confidences >= confidences[accepted.sum()]
    assert lower_bound(right[one_lower].sum(), one_lower.sum(), 0.95) < 0.9


def test_a_threshold_below_one_that_fails_counts_if_its_own_bound_meets_the_target() -> None:
    confidences = np.repeat([0.9, 0.8, 0.7], [20, 20, 400])
    right = np.asarray([True] * 20 + [False] * 20 + [True] * 400)
    assert lowest_bounded(confidences, right, target=0.9, confidence=0.95) == 0.7


def test_rows_that_tie_are_accepted_together_or_not_at_all() -> None:
    right = np.arange(200) < 150
    # The first 150 alone would do, but cannot be told from the rest.
    assert lowest_bounded(np.full(200, 0.7), right, target=0.9, confidence=0.95) is None


def test_without_rows_there_is_none() -> None:
    assert lowest_bounded(np.zeros(0), np.zeros(0, np.bool_), target=0.9, confidence=0.95) is None
