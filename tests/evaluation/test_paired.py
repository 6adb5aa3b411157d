import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from catalog.errors import CatalogError, SettingsError
from evaluation.paired import mcnemar, paired_bootstrap


def columns(only_first: int, only_second: int, both: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first = [True] * only_first + [False] * only_second + [True] * both + [False]
    second = [False] * only_first + [True] * only_second + [True] * both + [False]
    return np.array(first), np.array(second)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 20))
def test_p_is_that_of_the_binomial_test(only_first: int, only_second: int, both: int) -> None:
    test = mcnemar(*columns(only_first, only_second, both))
    discordant = only_first + only_second
    expected = binomtest(only_first, discordant, 0.5).pvalue if discordant else 1.0
    assert (test.only_first, test.only_second) == (only_first, only_second)
    assert test.p == pytest.approx(expected)


def test_p_by_hand() -> None:
    """One against five of six: 2 * (1 + 6) / 64."""
    assert mcnemar(*columns(1, 5, 0)).p == pytest.approx(14 / 64)


def test_agreement_is_no_evidence() -> None:
    assert mcnemar(*columns(0, 0, 5)).p == 1.0


def test_the_bootstrap_repeats_with_its_seed_alone() -> None:
    steps = np.random.default_rng(0).normal(size=100)

    def mean(rows: NDArray[np.intp]) -> list[float]:
        return [float(steps[rows].mean())]

    (first,) = paired_bootstrap(mean, 100, seed=3)
    assert paired_bootstrap(mean, 100, seed=3) == (first,)
    assert paired_bootstrap(mean, 100, seed=4)[0].low != first.low
    assert first.value == pytest.approx(steps.mean())


def test_the_bootstrap_interval_is_that_of_the_mean() -> None:
    steps = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], p=[0.1, 0.7, 0.2], size=2000)
    (found,) = paired_bootstrap(lambda rows: [float(steps[rows].mean())], len(steps), resamples=4000)
    half = 1.96 * steps.std() / np.sqrt(len(steps))
    assert (found.low, found.high) == pytest.approx((steps.mean() - half, steps.mean() + half), abs=0.002)


def test_constant_differences_have_no_width_and_keep_their_order() -> None:
    found = paired_bootstrap(lambda rows: [0.25, -1.0], 10, resamples=5)
    assert [(part.low, part.value, part.high) for part in found] == [(0.25,) * 3, (-1.0,) * 3]


def test_p_is_twice_the_share_of_draws_on_the_rarer_side() -> None:
    draws = iter([-1.0, 0.0, *[1.0] * 8, 5.0])
    (found,) = paired_bootstrap(lambda rows: [next(draws)], 3, resamples=10)
    assert found.value == 5.0
    assert found.p == pytest.approx(2 * 3 / 11)


def test_nothing_to_resample_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no products to resample"):
        paired_bootstrap(lambda rows: [0.0], 0)
    with pytest.raises(SettingsError, match="`resamples` is 0"):
        paired_bootstrap(lambda rows: [0.0], 1, resamples=0)
