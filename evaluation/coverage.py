"""Accuracy against coverage: how right the answers are if only the surest are let out.

`confidences` and `right` have shape (n,). A curve holds one point a distinct confidence, the strictest
threshold first; products of equal confidence are let out together.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.errors import SettingsError
from evaluation.checks import require_confidences, require_rows
from evaluation.record import Record

MAX_POINTS = 201


class CoveragePoint(Record):
    """With answers of at least `threshold` let out: their share of all and the accuracy among them."""

    threshold: float
    coverage: float
    accuracy: float


def coverage_curve(confidences: ArrayLike, right: NDArray[np.bool_]) -> tuple[CoveragePoint, ...]:
    """The whole curve; its last point has coverage 1 and the accuracy of all products.

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
    """
    values = require_confidences(confidences)
    n = require_rows(confidences=values, right=right)
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    lasts = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    correct = np.cumsum(right[order])[lasts]
    table = zip(ranked[lasts].tolist(), (lasts + 1).tolist(), correct.tolist(), strict=True)
    return tuple(CoveragePoint(threshold=t, coverage=k / n, accuracy=c / k) for t, k, c in table)


def coverage_area(curve: Sequence[CoveragePoint]) -> float:
    """Mean accuracy over all coverages, 0 to 1: one minus the AURC of Geifman and El-Yaniv (2017).

    Between two points, the products of equal confidence come in random order, so that right ones grow
    in a straight line; the accuracy between is integrated exactly. Ties neither help nor harm.
    """
    covered = np.array([0.0, *(point.coverage for point in curve)])
    right = covered * np.array([0.0, *(point.accuracy for point in curve)])
    slope = np.diff(right) / np.diff(covered)
    offset = right[:-1] - slope * covered[:-1]
    # The stretch from 0 has no offset: its accuracy is constant.
    return float(np.diff(right).sum() + offset[1:] @ np.log(covered[2:] / covered[1:-1]))


def coverage_at(curve: Sequence[CoveragePoint], accuracy: float) -> float:
    """The greatest coverage with at least `accuracy`; 0 where no threshold reaches it.

    Chosen and read on the same products, so it flatters: a promise needs a gate set on others.

    Raises:
        SettingsError: `accuracy` is not between 0 and 1.
    """
    if not 0.0 <= accuracy <= 1.0:
        raise SettingsError(f"The accuracy asked for is {accuracy!r}.", fix="Give it between 0 and 1.")
    return max((point.coverage for point in curve if point.accuracy >= accuracy), default=0.0)


def thinned(curve: Sequence[CoveragePoint], points: int = MAX_POINTS) -> tuple[CoveragePoint, ...]:
    """At most `points` points of `curve`, evenly spread, with the first and the last."""
    if len(curve) <= points:
        return tuple(curve)
    kept = np.linspace(0, len(curve) - 1, points).round().astype(int)
    return tuple(curve[place] for place in kept)
