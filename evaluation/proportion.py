"""A share of products with its Wilson 95% interval."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from catalog.errors import CatalogError
from evaluation.record import Record

LEVEL = 0.95
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


class Proportion(Record):
    """`right` of `n` products: the share `value` and its interval from `low` to `high`, all in 0 to 1."""

    right: int
    n: int
    value: float
    low: float
    high: float


def wilson(right: int, n: int) -> Proportion:
    """`right` out of `n` with the score interval of Wilson (1927), which holds near 0, near 1 and for few.

    Raises:
        CatalogError: `n` is 0 or `right` is not between 0 and `n`.
    """
    if not 0 <= right <= n or n == 0:
        raise CatalogError(
            f"{right!r} right out of {n!r} is no share.", fix="Count at least one product, and none twice."
        )
    value = right / n
    shrink = 1 + _Z**2 / n
    centre = (value + _Z**2 / (2 * n)) / shrink
    half = _Z * sqrt(value * (1 - value) / n + _Z**2 / (4 * n**2)) / shrink
    # At 0 and n right the bounds are 0 and 1 exactly; rounding must not push them past the value.
    low, high = min(max(centre - half, 0.0), value), max(min(centre + half, 1.0), value)
    return Proportion(right=right, n=n, value=value, low=low, high=high)


def share_of(flags: NDArray[np.bool_]) -> Proportion:
    """The share of true `flags`, shape (n,)."""
    return wilson(int(np.count_nonzero(flags)), len(flags))
