import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from training.gate.bounds import fewest_rows, lower_bound, p_value, rows_at, upper_bound

TABLES = [
    (k, n)
    for n in (1, 2, 7, 40, 59, 400, 2500)
    for k in sorted({0, 1, n // 2, n - 2, n - 1, n})
    if 0 <= k <= n
]
shares = st.floats(0.5, 0.99)
confidences = st.floats(0.6, 0.999)


@pytest.mark.parametrize(("k", "n"), TABLES)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_bounds_are_clopper_pearsons(k: int, n: int, confidence: float) -> None:
    below = binomtest(k, n, alternative="greater").proportion_ci(confidence, "exact").low
    above = binomtest(k, n, alternative="less").proportion_ci(confidence, "exact").high
    assert lower_bound(k, n, confidence) == pytest.approx(below)
    assert upper_bound(k, n, confidence) == pytest.approx(above)


@pytest.mark.parametrize(("k", "n"), TABLES)
def test_the_p_value_is_exact(k: int, n: int) -> None:
    expected = binomtest(k, n, 0.9, alternative="greater").pvalue
    assert p_value(k, n, 0.9) == pytest.approx(expected)


@given(st.integers(1, 400), st.floats(0, 1), shares, confidences)
def test_a_bound_meets_the_target_just_where_the_p_value_is_small(
    n: int, share: float, target: float, confidence: float
) -> None:
    k = round(share * n)
    bound, chance = float(lower_bound(k, n, confidence)), float(p_value(k, n, target))
    if abs(bound - target) > 1e-9 and abs(chance - (1 - confidence)) > 1e-9:
        assert (bound >= target) == (chance <= 1 - confidence)


@pytest.mark.parametrize(("n", "share"), [(30, 0.7), (200, 0.95), (37, 0.99)])
def test_the_true_share_is_below_its_bound_no_more_often_than_promised(n: int, share: float) -> None:
    counts = np.arange(n + 1)
    missed = lower_bound(counts, n, 0.9) > share
    assert binom.pmf(counts, n, share)[missed].sum() <= 0.1


def test_without_rows_nothing_is_known() -> None:
    assert lower_bound(0, 0, 0.95) == 0
    assert p_value(0, 0, 0.9) == 1


@given(shares, confidences)
def test_the_fewest_rows_are_enough_and_one_less_is_not(target: float, confidence: float) -> None:
    fewest = fewest_rows(target, confidence)
    assert lower_bound(fewest, fewest, confidence) >= target - 1e-12
    assert fewest == 1 or lower_bound(fewest - 1, fewest - 1, confidence) < target + 1e-12


@given(shares, st.floats(0.1, 0.9), confidences)
def test_rows_at_an_accuracy_are_where_the_bound_crosses_the_target(
    target: float, way: float, confidence: float
) -> None:
    accuracy = target + way * (1 - target)
    rows = float(rows_at(accuracy, target, confidence))
    assert lower_bound(accuracy * rows * 1.001, rows * 1.001, confidence) >= target
    assert rows <= 1.001 or lower_bound(accuracy * rows * 0.999, rows * 0.999, confidence) < target


def test_no_number_of_rows_proves_what_is_not_so() -> None:
    assert rows_at([0.9, 0.95, 0.951], 0.95, 0.95).tolist()[:2] == [np.inf, np.inf]
    assert np.isfinite(rows_at([0.951], 0.95, 0.95)).all()
