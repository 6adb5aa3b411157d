"""Power: against simulation, and what follows from it."""

import numpy as np
import pytest
from scipy.stats import binom

from catalog.errors import SettingsError
from evaluation.power import POWER, cases_needed, detectable_lift, mcnemar_power, planned

SETTINGS = [(50, 0.1, 0.3), (150, 0.08, 0.2), (300, 0.05, 0.15), (300, 0.05, 0.05), (600, 0.03, 0.3)]


def simulated(n: int, lift: float, differing: float, level: float = 0.05) -> float:
    """Share of drawn comparisons in which the exact test rejects."""
    shares = [(differing + lift) / 2, (differing - lift) / 2, 1 - differing]
    tables = np.random.default_rng(0).multinomial(n, shares, size=10_000)
    fewer, differ = tables[:, :2].min(axis=1), tables[:, :2].sum(axis=1)
    return float((np.minimum(1, 2 * binom.cdf(fewer, differ, 0.5)) <= level).mean())


@pytest.mark.parametrize(("n", "lift", "differing"), SETTINGS)
def test_it_is_what_a_simulation_shows(n: int, lift: float, differing: float):
    assert mcnemar_power(n, lift, differing) == pytest.approx(simulated(n, lift, differing), abs=0.012)


@pytest.mark.parametrize(("lift", "differing"), [(0.05, 0.2), (0.02, 0.1), (0.1, 0.1)])
def test_the_cases_needed_give_the_power_asked_for(lift: float, differing: float):
    needed = cases_needed(lift, differing)
    assert needed is not None
    assert mcnemar_power(needed, lift, differing) >= POWER
    assert mcnemar_power(int(0.9 * needed), lift, differing) < POWER
    assert simulated(needed, lift, differing) == pytest.approx(POWER, abs=0.03)


def test_the_detectable_lift_is_seen_with_the_power_asked_for():
    lift = detectable_lift(400, 0.2)
    assert lift is not None
    assert simulated(400, lift, 0.2) == pytest.approx(POWER, abs=0.03)


def test_too_few_cases_can_show_nothing():
    """Five differing cases never reach p = 0.05 two-sided."""
    assert mcnemar_power(5, 1.0, 1.0) == 0
    assert detectable_lift(5, 1.0) is None
    assert cases_needed(0.0001, 0.3) is None


def test_several_candidates_share_the_level():
    alone, three = planned(300, 0.05, 0.2), planned(300, 0.05, 0.2, tests=3)
    assert three.level == pytest.approx(0.05 / 3)
    assert three.power < alone.power
    assert (three.needed or 0) > (alone.needed or 0)


def test_a_lift_needs_as_many_differing_cases():
    with pytest.raises(SettingsError, match=r"needs more than 0\.1"):
        planned(300, 0.2, 0.1)
