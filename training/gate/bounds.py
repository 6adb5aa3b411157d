"""Exact binomial statements about a share: bounds, p-values and how many rows they take."""

from math import ceil, log

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, binom

Doubles = npt.NDArray[np.float64]

_MOST_ROWS = 1e9
# Of the ratio of the ends, down to a millionth.
_HALVINGS = 45


def lower_bound(right: npt.ArrayLike, rows: npt.ArrayLike, confidence: float) -> Doubles:
    """One-sided Clopper–Pearson lower bound of a share (Clopper and Pearson, 1934); 0 where none is right.

    Args:
        right: right ones among `rows`; need not be whole, for planning.
    """
    k, n = np.asarray(right, dtype=float), np.asarray(rows, dtype=float)
    bound = beta.ppf(1 - confidence, np.maximum(k, 1e-12), n - k + 1)
    return np.where(k > 0, bound, 0.0)


def upper_bound(right: npt.ArrayLike, rows: npt.ArrayLike, confidence: float) -> Doubles:
    """One-sided Clopper–Pearson upper bound; 1 where all are right."""
    k, n = np.asarray(right, dtype=float), np.asarray(rows, dtype=float)
    return 1.0 - lower_bound(n - k, n, confidence)


def p_value(right: npt.ArrayLike, rows: npt.ArrayLike, target: float) -> Doubles:
    """Chance of at least `right` of `rows` if the true share were `target`; 1 without rows.

    At most 1 - c exactly where the lower bound at confidence c is at least `target`.
    """
    k, n = np.asarray(right), np.asarray(rows)
    chances: Doubles = binom.sf(k - 1, n, target)
    return chances


def fewest_rows(target: float, confidence: float) -> int:
    """Rows whose lower bound meets `target` if every one of them is right."""
    return ceil(log(1 - confidence) / log(target))


def rows_at(accuracies: npt.ArrayLike, target: float, confidence: float) -> Doubles:
    """Rows whose lower bound meets `target` if this share of them is right; infinite if no number does."""
    shares = np.asarray(accuracies, dtype=float)
    low, high = np.ones_like(shares), np.full_like(shares, _MOST_ROWS)
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        meets = lower_bound(shares * middle, middle, confidence) >= target
        low, high = np.where(meets, low, middle), np.where(meets, middle, high)
    return np.where(high < _MOST_ROWS, high, np.inf)
