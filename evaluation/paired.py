"""Two experts on the same products: is the difference more than chance."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from catalog.errors import CatalogError, SettingsError
from evaluation.checks import require_rows
from evaluation.proportion import LEVEL
from evaluation.record import Record

RESAMPLES = 2000


class McNemar(Record):
    """How often only one of the two was right, and the exact two-sided probability of such a split."""

    only_first: int
    only_second: int
    p: float


class Difference(Record):
    """A metric of the second minus the first, from a paired bootstrap.

    Attributes:
        low, high: the 95% percentile interval.
        p: two-sided probability of so much under no difference: the smallest level whose percentile
            interval leaves 0 out, never below 2 / (resamples + 1).
    """

    value: float
    low: float
    high: float
    p: float


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """McNemar's exact test (1947) on which answers are right, both of shape (n,).

    Under the null hypothesis the products that only one got right split as fair coin tosses; `p` is 1
    where there are none.

    Raises:
        CatalogError: no products, or columns of different length.
    """
    require_rows(first=first, second=second)
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(second & ~first))
    tail = float(bdtr(min(only_first, only_second), only_first + only_second, 0.5))
    return McNemar(only_first=only_first, only_second=only_second, p=min(1.0, 2 * tail))


def paired_bootstrap(
    differences: Callable[[NDArray[np.intp]], Sequence[float]],
    n: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """`differences` on all `n` products, and their spread over products drawn with replacement.

    Both experts are scored on the same draw, which keeps what they have in common out of the interval
    (Efron and Tibshirani, 1993, percentile interval).

    Args:
        differences: of one or more metrics, the second's minus the first's, on the products of the given
            indices, shape (n,).
        seed: the same seed gives the same interval.

    Raises:
        CatalogError: `n` is 0.
        SettingsError: fewer than 1 resample.
    """
    if n < 1:
        raise CatalogError("There are no products to resample.", fix="Compare at least one product.")
    if resamples < 1:
        raise SettingsError(
            f"`resamples` is {resamples!r}.", fix=f"Ask for at least 1; {RESAMPLES} is usual."
        )
    rng = np.random.default_rng(seed)
    draws = np.array([differences(rng.integers(n, size=n)) for _ in range(resamples)])
    lows, highs = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    parts = zip(differences(np.arange(n)), lows.tolist(), highs.tolist(), _p_values(draws), strict=True)
    return tuple(Difference(value=value, low=low, high=high, p=p) for value, low, high, p in parts)


def _p_values(draws: NDArray[np.float64]) -> list[float]:
    """Twice the share of draws on the rarer side of 0, the data themselves counted as one more draw.

    Args:
        draws: differences, shape (resamples, metrics); one of exactly 0 stands on both sides.
    """
    rarer = np.minimum((draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0))
    p: list[float] = np.minimum(1.0, 2 * (rarer + 1) / (len(draws) + 1)).tolist()
    return p
