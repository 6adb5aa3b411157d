"""Confident learning (Northcutt, Jiang and Chuang, 2021): which labels the confident predictions deny.

A category's threshold is the mean probability that its own products give it. A product counts for the
category that it passes the threshold of, the likeliest where several; counted by given label that is the
confident joint C (their eq. 1), scaled by the given labels an estimate of how labels go wrong.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ConfidentLearning:
    """Attributes:
    thresholds: of each category; infinite where no product has it, (categories,).
    confident: position that each product counts for, -1 where it passes no threshold, (n,).
    issues: whether that is another than the given label, (n,).
    estimated: how many of the n labels are wrong, from the calibrated joint.
    """

    thresholds: Floats
    confident: Ints
    issues: Bools
    estimated: float


def confident_learning(probabilities: Floats, positions: Ints, labels: Ints) -> ConfidentLearning:
    """Confident joint from sparse out-of-fold probabilities.

    Args:
        probabilities: of the candidates, (n, m).
        positions: candidates, -1 where padded, (n, m).
        labels: given, each among its candidates, (n,).
    """
    size = int(max(labels.max(), positions.max())) + 1
    own = np.where(positions == labels[:, None], probabilities, 0.0).sum(axis=1)
    given = np.bincount(labels, minlength=size)
    sums = np.bincount(labels, weights=own, minlength=size)
    thresholds = np.where(given > 0, sums / np.maximum(given, 1), np.inf)
    passing = (positions >= 0) & (probabilities >= thresholds[np.maximum(positions, 0)])
    best = np.where(passing, probabilities, -1.0).argmax(axis=1)
    confident = np.where(passing.any(axis=1), positions[np.arange(len(labels)), best], -1)
    issues = (confident >= 0) & (confident != labels)
    return ConfidentLearning(thresholds, confident, issues, _estimated(labels, confident, issues, given))


def _estimated(labels: Ints, confident: Ints, issues: Bools, given: Ints) -> float:
    """Each category's share of confident products that count for another, times all that have the label."""
    counted = np.bincount(labels[confident >= 0], minlength=len(given))
    wrong = np.bincount(labels[issues], minlength=len(given))
    return float((wrong / np.maximum(counted, 1) * given).sum())
