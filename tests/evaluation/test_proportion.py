import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from catalog.errors import CatalogError
from evaluation.proportion import share_of, wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_scipys_wilson_interval(counts: tuple[int, int]) -> None:
    right, n = counts
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    part = wilson(right, n)
    assert (part.low, part.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0.0 <= part.low <= part.value <= part.high <= 1.0


def test_known_values() -> None:
    part = wilson(8, 10)
    assert part.value == 0.8
    assert (round(part.low, 4), round(part.high, 4)) == (0.4902, 0.9433)


def test_the_bounds_touch_zero_and_one() -> None:
    assert wilson(0, 7).low == 0.0
    assert wilson(7, 7).high == 1.0


@pytest.mark.parametrize(("right", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_no_share_without_sense(right: int, n: int) -> None:
    with pytest.raises(CatalogError, match=f"{right} right out of {n}"):
        wilson(right, n)


def test_share_of_counts_the_true_flags() -> None:
    part = share_of(np.array([True, False, True, True]))
    assert (part.right, part.n) == (3, 4)
