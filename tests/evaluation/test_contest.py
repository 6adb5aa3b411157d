"""Standings: against scipy and statsmodels, with errors, repeats and equal contestants."""

import numpy as np
import pytest
from scipy.stats import binomtest

from catalog.errors import CatalogError
from evaluation.contest import sign_test, standings, standings_by_group

RIGHT, WRONG, FAILED = 1.0, 0.0, np.nan


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_wilson_and_mcnemar_agree_with_statsmodels_on_1000_random_tables():
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    rng = np.random.default_rng(0)
    for _ in range(1000):
        n = int(rng.integers(1, 250))
        first, second = (rng.random((2, n)) < rng.random((2, 1))).astype(float)
        one, two = standings({"a": first[:, None], "b": second[:, None]})
        cells = [[np.sum((first == i) & (second == j)) for j in (1, 0)] for i in (1, 0)]
        assert two.gain is not None
        assert two.gain.p == pytest.approx(tables.mcnemar(cells, exact=True).pvalue)
        assert two.share is not None
        interval = proportion.proportion_confint(second.sum(), n, method="wilson")
        assert (two.share.low, two.share.high) == pytest.approx(interval)
        assert two.gain.difference.value == pytest.approx(second.mean() - first.mean())
        assert one.gain is None


def test_the_sign_test_is_scipys():
    for wins in range(12):
        for losses in range(12):
            expected = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
            assert sign_test(wins, losses) == pytest.approx(expected)


def test_errors_are_counted_apart_and_kept_out_of_the_test():
    first = column(RIGHT, WRONG, FAILED, WRONG)
    second = column(RIGHT, FAILED, RIGHT, RIGHT)
    one, two = standings({"a": first, "b": second})
    assert (one.errors, one.answers, two.errors) == (1, 3, 1)
    assert one.share is not None
    assert (one.share.n, one.share.value) == (3, pytest.approx(1 / 3))
    assert two.gain is not None
    assert (two.gain.n, two.gain.wins, two.gain.losses, two.gain.ties) == (2, 1, 0, 1)


def test_an_error_is_no_wrong_answer():
    """The trap that others fell into: more failures must not look like a worse prompt."""
    first = column(*[RIGHT] * 30)
    second = column(*[RIGHT] * 20, *[FAILED] * 10)
    (_, two) = standings({"a": first, "b": second})
    assert two.gain is not None
    assert (two.gain.p, two.gain.difference.value, two.errors) == (1.0, 0.0, 10)


def test_repeats_of_a_case_are_one_case():
    first = np.array([[1, 1, 0], [0, 0, 0], [1, FAILED, 0]])
    second = np.array([[1, 1, 1], [0, 1, 0], [0, 1, 0]])
    one, two = standings({"a": first, "b": second})
    assert one.share is not None
    assert one.share.n == 3
    assert one.share.value == pytest.approx((2 / 3 + 0 + 1 / 2) / 3)
    assert two.gain is not None
    # On the third case only the first and third repeat have answers of both: 1, 0 against 0, 0.
    assert (two.gain.wins, two.gain.losses, two.gain.ties) == (2, 1, 0)
    assert two.gain.difference.value == pytest.approx((1 / 3 + 1 / 3 - 1 / 2) / 3)


def test_nothing_answered_is_no_share_and_no_gain():
    _, two = standings({"a": column(RIGHT, RIGHT), "b": column(FAILED, FAILED)})
    assert (two.share, two.gain, two.errors) == (None, None, 2)


def test_several_candidates_are_adjusted_together():
    base = column(*[WRONG] * 20)
    good, same = column(*[RIGHT] * 8, *[WRONG] * 12), base.copy()
    _, one, other = standings({"a": base, "b": good, "c": same})
    assert one.gain is not None
    assert other.gain is not None
    assert one.gain.p_holm == pytest.approx(2 * one.gain.p)
    assert other.gain.p_holm == 1.0


def test_equal_contestants_are_told_apart_in_5_percent_at_most():
    """The whole comparison, three candidates with hard and easy cases, failures and repeats."""
    rng = np.random.default_rng(5)
    found, runs = 0, 300
    for _ in range(runs):
        ease = rng.beta(0.8, 0.8, size=(60, 1))
        arms = {}
        for name in "abcd":
            outcomes = (rng.random((60, 2)) < ease).astype(float)
            outcomes[rng.random((60, 2)) < 0.05] = FAILED
            arms[name] = outcomes
        gains = [standing.gain for standing in standings(arms)[1:]]
        found += any(gain and gain.p_holm is not None and gain.p_holm <= 0.05 for gain in gains)
    assert found / runs <= 0.05


def test_groups_are_for_looking():
    arms = {"a": column(WRONG, WRONG, RIGHT), "b": column(RIGHT, RIGHT, RIGHT)}
    found = standings_by_group(["x", "x", "y"], arms)
    assert list(found) == ["x", "y"]
    gain = found["x"][1].gain
    assert gain is not None
    assert (gain.n, gain.wins, gain.p_holm) == (2, 2, None)


def test_contestants_must_have_been_asked_the_same():
    with pytest.raises(CatalogError, match="not asked the same"):
        standings({"a": column(RIGHT), "b": column(RIGHT, WRONG)})
