"""Holm's adjustment against statsmodels'."""

import numpy as np
import pytest

from evaluation.holm import holm


def test_it_agrees_with_statsmodels_on_random_sets():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    rng = np.random.default_rng(0)
    for _ in range(60):
        p = rng.random(rng.integers(1, 9)) ** 3
        assert holm(p.tolist()) == pytest.approx(multitest.multipletests(p, method="holm")[1])


def test_the_smallest_pays_for_all_and_none_falls_below_a_smaller_one():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()
