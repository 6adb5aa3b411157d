"""The difference of two shares on the same products, with an interval that holds for few of them."""

from math import copysign, inf, sqrt
from statistics import NormalDist

from scipy.optimize import brentq

from catalog.errors import CatalogError
from evaluation.proportion import LEVEL
from evaluation.record import Record

_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
_EDGE = 1e-12


class ShareDifference(Record):
    """Share right of the second minus that of the first, with its 95% interval; all in -1 to 1."""

    value: float
    low: float
    high: float


def paired_difference(only_first: float, only_second: float, n: int) -> ShareDifference:
    """The score interval of Tango (1998), which holds near the ends and where few products differ.

    Args:
        only_first, only_second: products that only one of the two got right; parts of one count as parts.
        n: all products.

    Raises:
        CatalogError: the counts contradict each other.
    """
    if n < 1 or min(only_first, only_second) < 0 or only_first + only_second > n:
        raise CatalogError(
            f"{only_first!r} and {only_second!r} of {n!r} products are no paired counts.",
            fix="Count every product once.",
        )
    value = (only_second - only_first) / n

    low, high = (_bound(only_first, only_second, n, value, side) for side in (-1.0, 1.0))
    return ShareDifference(value=value, low=low, high=high)


def _bound(only_first: float, only_second: float, n: int, value: float, side: float) -> float:
    """The difference below (-1) or above (1) `value` from which the counts are `_Z` deviations away."""

    def beyond(difference: float) -> float:
        return -side * _score(only_first, only_second, n, difference) - _Z

    end = side * (1 - _EDGE)
    if side * value >= abs(end) or beyond(end) <= 0:
        return side
    return float(brentq(beyond, min(max(value, -abs(end)), abs(end)), end))


def _score(only_first: float, only_second: float, n: int, difference: float) -> float:
    """Standardised distance of the counts from a true `difference` (Tango, 1998, equation 6)."""
    distance = only_second - only_first - n * difference
    # Most likely share of products that only the first gets right, where the difference is that.
    linear = -only_second - only_first + (2 * n - only_second + only_first) * difference
    constant = -only_first * difference * (1 - difference)
    share = (sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * share + difference * (1 - difference))
    if variance <= 0:
        return copysign(inf, distance) if distance else 0.0
    return distance / sqrt(variance)
