"""Several contestants on the same cases: each one's accuracy, and what each gains over the first.

Outcomes are (cases, repeats): 1 right, 0 wrong, NaN where there is no answer. An answer that failed is
counted as an error and kept out of every test, on both sides: it says nothing about who is right.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from catalog.errors import CatalogError
from evaluation.checks import require_rows
from evaluation.groups import rows_by_group
from evaluation.holm import holm
from evaluation.paired_share import ShareDifference, paired_difference
from evaluation.proportion import wilson
from evaluation.record import Record

Outcomes = NDArray[np.float64]


class Share(Record):
    """Mean share right over `n` cases, with its Wilson 95% interval.

    Repeats of one case are not independent of each other, so the interval counts cases, not answers.
    """

    value: float
    low: float
    high: float
    n: int


class Gain(Record):
    """A contestant against the first, on the cases that both have answered.

    Attributes:
        wins, losses, ties: cases on which its share of right repeats is larger, smaller, the same.
        p: exact two-sided sign test on wins and losses; McNemar's exact test where nothing is repeated.
        p_holm: adjusted for all contestants; None in a breakdown, which is for looking, not for testing.
    """

    n: int
    wins: int
    losses: int
    ties: int
    difference: ShareDifference
    p: float
    p_holm: float | None = None

    @property
    def differing(self) -> float:
        """Share of cases on which the two are not equally right."""
        return (self.wins + self.losses) / self.n


class Standing(Record):
    """Attributes:
    share: None where nothing was answered.
    answers, errors: over all cases and repeats.
    gain: over the first contestant; None for that itself, or without a case that both answered.
    """

    name: str
    share: Share | None
    answers: int
    errors: int
    gain: Gain | None


def standings(outcomes: Mapping[str, Outcomes]) -> tuple[Standing, ...]:
    """Everybody's figures; the first is the baseline.

    Raises:
        CatalogError: no cases, or columns of different shape.
    """
    found = _standings(outcomes)
    tested = [place for place, standing in enumerate(found) if standing.gain]
    adjusted = holm([gain.p for standing in found if (gain := standing.gain)])
    for place, p in zip(tested, adjusted, strict=True):
        found[place] = _with_adjusted(found[place], p)
    return tuple(found)


def standings_by_group(
    groups: Sequence[str], outcomes: Mapping[str, Outcomes]
) -> dict[str, tuple[Standing, ...]]:
    """Figures of each group of cases, the largest group first, without adjusted p-values.

    Raises:
        CatalogError: no cases, or columns of different shape.
    """
    require_rows(groups=groups, **outcomes)
    return {
        name: tuple(_standings({arm: values[rows] for arm, values in outcomes.items()}))
        for name, rows in rows_by_group(groups).items()
    }


def _standings(outcomes: Mapping[str, Outcomes]) -> list[Standing]:
    if not outcomes or len({values.shape for values in outcomes.values()}) > 1:
        raise CatalogError(
            "The contestants were not asked the same.", fix="Pass one row a case and one column a repeat."
        )
    require_rows(**outcomes)
    baseline = next(iter(outcomes.values()))
    return [
        Standing(
            name=name,
            share=_share(values),
            answers=int(np.isfinite(values).sum()),
            errors=int(np.isnan(values).sum()),
            gain=None if place == 0 else _gain(baseline, values),
        )
        for place, (name, values) in enumerate(outcomes.items())
    ]


def _with_adjusted(standing: Standing, p: float) -> Standing:
    gain = standing.gain
    return standing.model_copy(update={"gain": gain and gain.model_copy(update={"p_holm": p})})


def _share(values: Outcomes) -> Share | None:
    means = _case_means(values)
    if not len(means):
        return None
    value = float(means.mean())
    around = wilson(round(value * len(means)), len(means))
    return Share(value=value, low=min(around.low, value), high=max(around.high, value), n=len(means))


def _gain(first: Outcomes, second: Outcomes) -> Gain | None:
    both = np.isfinite(first) & np.isfinite(second)
    before, after = (_case_means(np.where(both, values, np.nan)) for values in (first, second))
    if not len(before):
        return None
    steps = after - before
    wins, losses = int((steps > 0).sum()), int((steps < 0).sum())
    gained, lost = float(steps[steps > 0].sum()), float(-steps[steps < 0].sum())
    return Gain(
        n=len(steps),
        wins=wins,
        losses=losses,
        ties=len(steps) - wins - losses,
        # With repeats a step is a part of a case; taking the parts for whole ones widens the interval.
        difference=paired_difference(lost, gained, len(steps)),
        p=sign_test(wins, losses),
    )


def sign_test(wins: int, losses: int) -> float:
    """Exact two-sided probability of such a split of fair coin tosses; 1 where there are none."""
    return min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5)))


def _case_means(values: Outcomes) -> NDArray[np.float64]:
    """Mean over the answered repeats of each case that has one."""
    some = values[np.isfinite(values).any(axis=1)]
    counts = np.isfinite(some).sum(axis=1)
    means: NDArray[np.float64] = np.nansum(some, axis=1) / counts
    return means
