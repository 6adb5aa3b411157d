"""How many cases a paired comparison needs, and what it can see with those at hand.

All figures are exact: they sum the power of McNemar's exact test over how many cases may differ.
"""

from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from catalog.errors import SettingsError
from evaluation.record import Record

POWER = 0.8
LEVEL = 0.05
MOST_CASES = 1_000_000
_TAIL = 1e-9


class Plan(Record):
    """Attributes:
    cases: at hand.
    lift: asked for, share of cases.
    differing: share of cases that only one of the two gets right; assumed or measured.
    level: of each test, after sharing 5% among them.
    power: chance to see the lift with the cases at hand.
    needed: cases to see it with the chance `POWER`; None above `MOST_CASES`.
    detectable: smallest lift that the cases at hand show with the chance `POWER`; None where there is none.
    """

    cases: int
    lift: float
    differing: float
    level: float
    power: float
    needed: int | None
    detectable: float | None


def planned(cases: int, lift: float, differing: float, tests: int = 1) -> Plan:
    """What a comparison of `cases` can show.

    Args:
        tests: candidates that are held against the baseline; they share the level, as Holm's first step does.

    Raises:
        SettingsError: no lift, or one that is larger than the share of differing cases.
    """
    _check(lift, differing)
    level = LEVEL / tests
    return Plan(
        cases=cases,
        lift=lift,
        differing=differing,
        level=level,
        power=mcnemar_power(cases, lift, differing, level),
        needed=cases_needed(lift, differing, level),
        detectable=detectable_lift(cases, differing, level),
    )


def mcnemar_power(n: int, lift: float, differing: float, level: float = LEVEL) -> float:
    """Chance that McNemar's exact two-sided test rejects.

    Args:
        n: cases.
        lift: true difference of the shares right.
        differing: true share of cases that only one gets right, at least `lift`.
    """
    low, high = (int(x) for x in binom.ppf([_TAIL, 1 - _TAIL], n, differing))
    counts = np.arange(low, high + 1)
    limits = _limits(counts, level)
    better = 0.5 + lift / (2 * differing)
    wins = binom.cdf(limits, counts, 1 - better) + binom.cdf(limits, counts, better)
    return float(np.dot(binom.pmf(counts, n, differing), np.where(limits < 0, 0.0, wins)))


def cases_needed(lift: float, differing: float, level: float = LEVEL, power: float = POWER) -> int | None:
    """Fewest cases that show the lift with chance `power`; None above `MOST_CASES`.

    The exact test's power is a saw; below the answer it may reach `power` here and there by luck.
    """
    high = ceil(1 / differing)
    while mcnemar_power(high, lift, differing, level) < power:
        high *= 2
        if high > MOST_CASES:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if mcnemar_power(middle, lift, differing, level) < power:
            low = middle
        else:
            high = middle
    return high


def detectable_lift(n: int, differing: float, level: float = LEVEL, power: float = POWER) -> float | None:
    """Smallest true lift that `n` cases show with chance `power`; None where the largest stays unseen."""
    if n < 1 or mcnemar_power(n, differing, differing, level) < power:
        return None
    return float(brentq(lambda lift: mcnemar_power(n, lift, differing, level) - power, 0.0, differing))


def _limits(counts: NDArray[np.int_], level: float) -> NDArray[np.int_]:
    """For each number of differing cases, the most on the rarer side that still reject; -1 for never."""
    # Smallest k whose lower tail reaches half the level; the one before it is the last that rejects.
    first = binom.ppf(level / 2, counts, 0.5).astype(np.int_)
    limits: NDArray[np.int_] = np.where(2 * binom.cdf(first, counts, 0.5) <= level, first, first - 1)
    return limits


def _check(lift: float, differing: float) -> None:
    if not 0 < lift <= differing <= 1:
        raise SettingsError(
            f"A lift of {lift!r} needs more than {differing!r} of the cases to differ.",
            fix="Ask for a lift above 0 that is at most the share of differing cases.",
        )
