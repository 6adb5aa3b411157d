"""Tango's interval: against its definition solved another way, and how often it holds."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from catalog.errors import CatalogError
from evaluation.paired_share import paired_difference

Z = float(norm.ppf(0.975))


def _likelihood_score(only_first: int, only_second: int, n: int, difference: float) -> float:
    """The score statistic with its nuisance share found by maximising the likelihood, not by formula."""
    ties = n - only_first - only_second
    low, high = max(0.0, -difference), (1 - difference) / 2

    def loss(first: float) -> float:
        terms = ((only_first, first), (only_second, first + difference), (ties, 1 - 2 * first - difference))
        return -sum(count * np.log(max(share, 1e-300)) for count, share in terms if count)

    first = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x
    variance = n * (2 * first + difference - difference**2)
    return (only_second - only_first - n * difference) / np.sqrt(variance)


def test_its_ends_are_where_the_likelihood_score_is_196_on_1000_random_tables():
    rng = np.random.default_rng(1)
    for _ in range(1000):
        n = int(rng.integers(8, 400))
        only_first, only_second, _ = (int(x) for x in rng.multinomial(n, rng.dirichlet([1, 1, 3])))
        found = paired_difference(only_first, only_second, n)
        for end, sign in ((found.low, 1), (found.high, -1)):
            if abs(end) < 1:
                score = _likelihood_score(only_first, only_second, n, end)
                assert score == pytest.approx(sign * Z, abs=2e-3), (only_first, only_second, n)


def test_it_holds_95_percent_of_the_time():
    rng = np.random.default_rng(2)
    for n, lose, win in ((40, 0.05, 0.1), (200, 0.1, 0.12), (300, 0.0, 0.02)):
        truth = win - lose
        tables = rng.multinomial(n, [lose, win, 1 - lose - win], size=400)
        intervals = [paired_difference(int(a), int(b), n) for a, b, _ in tables]
        held = np.mean([i.low <= truth <= i.high for i in intervals])
        assert 0.92 < held <= 1, (n, lose, win, held)


@pytest.mark.parametrize(("a", "b", "n"), [(0, 0, 10), (10, 0, 10), (0, 10, 10), (5, 5, 10), (0, 1, 1)])
def test_it_stays_within_its_bounds_and_turns_with_the_sides(a: int, b: int, n: int):
    found, turned = paired_difference(a, b, n), paired_difference(b, a, n)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    assert found.low < found.high


@pytest.mark.parametrize(("a", "b", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_counts_that_contradict_each_other_are_refused(a: int, b: int, n: int):
    with pytest.raises(CatalogError, match="no paired counts"):
        paired_difference(a, b, n)
