import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from catalog.errors import CatalogError, SettingsError
from evaluation.calibration import (
    brier_score,
    confidence_histogram,
    confidence_log_loss,
    expected_calibration_error,
    reliability_bins,
)

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80)


def columns(answers: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([a[0] for a in answers]), np.array([a[1] for a in answers])


def test_bins_hold_equal_numbers_of_products() -> None:
    rng = np.random.default_rng(0)
    parts = reliability_bins(rng.random(150), rng.random(150) < 0.5)
    assert [part.accuracy.n for part in parts] == [10] * 15
    assert all(before.high < after.low for before, after in pairwise(parts))


def test_equal_confidences_stay_together() -> None:
    parts = reliability_bins([0.5] * 30 + [0.9] * 10, np.array([True] * 40))
    assert [part.accuracy.n for part in parts] == [30, 10]


@given(ANSWERS, st.integers(1, 20), st.randoms(use_true_random=False))
def test_bins_hold_every_product_once_in_any_order(
    answers: list[tuple[float, bool]], bins: int, random: Random
) -> None:
    parts = reliability_bins(*columns(answers), bins)
    assert sum(part.accuracy.n for part in parts) == len(answers)
    assert sum(part.accuracy.right for part in parts) == sum(right for _, right in answers)
    assert len(parts) <= bins
    random.shuffle(answers)
    shuffled = reliability_bins(*columns(answers), bins)
    assert [part.accuracy for part in shuffled] == [part.accuracy for part in parts]


def test_calibration_error_by_hand() -> None:
    """Two bins of two: |.5 - .15| and |1 - .85|, each half of the products."""
    error = expected_calibration_error([0.1, 0.2, 0.8, 0.9], np.array([True, False, True, True]), bins=2)
    assert error == pytest.approx((0.35 + 0.15) / 2)


def test_confidences_that_mean_what_they_say_have_almost_no_error() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.random(60_000)
    assert expected_calibration_error(confidences, rng.random(60_000) < confidences) < 0.01


def test_sure_and_always_wrong_is_an_error_of_one() -> None:
    assert expected_calibration_error([1.0, 1.0], np.array([False, False])) == 1.0


@given(ANSWERS)
def test_calibration_error_lies_between_the_whole_gap_and_one(answers: list[tuple[float, bool]]) -> None:
    confidences, right = columns(answers)
    gap = abs(float(confidences.mean() - right.mean()))
    assert gap - 1e-9 <= expected_calibration_error(confidences, right) <= 1.0


@given(ANSWERS)
def test_brier_score_and_log_loss_are_those_of_scikit_learn(answers: list[tuple[float, bool]]) -> None:
    confidences, right = columns(answers)
    assert brier_score(confidences, right) == pytest.approx(
        brier_score_loss(right, confidences, pos_label=True)
    )
    two_columns = np.stack([1 - confidences, confidences], axis=1)
    expected = log_loss(right, two_columns, labels=[False, True])
    assert confidence_log_loss(confidences, right) == pytest.approx(expected, abs=1e-12)


def test_log_loss_of_a_sure_mistake_is_finite() -> None:
    assert confidence_log_loss([1.0], np.array([False])) == pytest.approx(-math.log(np.finfo(float).eps))


def test_the_histogram_counts_every_product_with_one_in_the_last_stretch() -> None:
    assert confidence_histogram([0.0, 0.24, 0.25, 1.0], steps=4) == (2, 1, 0, 1)


def test_no_bins_make_no_sense() -> None:
    with pytest.raises(SettingsError, match="`bins` is 0"):
        reliability_bins([0.5], np.array([True]), bins=0)


@pytest.mark.parametrize(
    "metric", [reliability_bins, expected_calibration_error, brier_score, confidence_log_loss]
)
def test_no_products_and_impossible_confidences_are_errors(metric: object) -> None:
    assert callable(metric)
    with pytest.raises(CatalogError, match="no labelled products"):
        metric([], np.array([], dtype=bool))
    with pytest.raises(CatalogError, match="no probability"):
        metric([1.1], np.array([True]))
