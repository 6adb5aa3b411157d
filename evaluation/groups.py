"""The full figures of each group of products, such as a locale or a department."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.calibration import BINS, expected_calibration_error
from evaluation.checks import require_confidences, require_rows
from evaluation.label_scores import label_scores
from evaluation.metrics import Truths, hits
from evaluation.proportion import Proportion, share_of
from evaluation.record import Record

_BIN_PRODUCTS = 30


class GroupScores(Record):
    """One expert on one group.

    Attributes:
        weighted_f1, macro_f1: over the classes that the group's truths and predictions hold.
        ece: over the bins of `group_bins`.
        confidence: the mean; above the accuracy, the expert is too sure of itself here.
    """

    accuracy: Proportion
    weighted_f1: float
    macro_f1: float
    ece: float
    confidence: float


def group_bins(n: int) -> int:
    """Bins of the calibration error of `n` products: 30 products each, at most 15 and at least 1.

    A bin of few products is off by chance alone, which would make every small group look uncalibrated.
    """
    return min(BINS, max(1, n // _BIN_PRODUCTS))


def rows_by_group(groups: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Indices of each group's products, the largest group first, then by name."""
    names, codes, sizes = np.unique(np.asarray(groups, dtype=object), return_inverse=True, return_counts=True)
    parts = np.split(np.argsort(codes, kind="stable"), np.cumsum(sizes)[:-1])
    found = {str(name): part for name, part in zip(names, parts, strict=True)}
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def ece_by_group(groups: Sequence[str], confidences: ArrayLike, right: NDArray[np.bool_]) -> dict[str, float]:
    """Expected calibration error of each group, the largest group first, then by name.

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
    """
    values = require_confidences(confidences)
    require_rows(groups=groups, confidences=values, right=right)
    return {name: _ece(values[rows], right[rows]) for name, rows in rows_by_group(groups).items()}


def scores_by_group(
    groups: Sequence[str], truths: Truths, predictions: Sequence[str], confidences: ArrayLike
) -> dict[str, GroupScores]:
    """Figures of each group, the largest group first, then by name.

    Raises:
        CatalogError: no products, columns of different length, or a confidence outside 0 to 1.
    """
    values = require_confidences(confidences)
    require_rows(groups=groups, truths=truths, predictions=predictions, confidences=values)
    return {
        name: _scores([truths[i] for i in rows], [predictions[i] for i in rows], values[rows])
        for name, rows in rows_by_group(groups).items()
    }


def _scores(truths: Truths, predictions: Sequence[str], confidences: NDArray[np.float64]) -> GroupScores:
    right = hits(truths, predictions)
    labels = label_scores(truths, predictions)
    return GroupScores(
        accuracy=share_of(right),
        weighted_f1=labels.weighted.f1,
        macro_f1=labels.macro.f1,
        ece=_ece(confidences, right),
        confidence=float(confidences.mean()),
    )


def _ece(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    return expected_calibration_error(confidences, right, group_bins(len(right)))
