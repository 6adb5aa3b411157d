"""Where the mistakes lie: accuracy by group and by training points, and the pairs that get mixed up."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from evaluation.checks import require_rows
from evaluation.metrics import Truths, counted_labels
from evaluation.proportion import Proportion, share_of, wilson
from evaluation.record import Record

POINT_BUCKETS = ("0", "1-4", "5-9", "10-19", "20-49", "50-99", "100+")
_BUCKET_STARTS = (1, 5, 10, 20, 50, 100)
LEAST_POINTS = (0, *_BUCKET_STARTS, 200, 500, 1000)

CONFUSIONS_KEPT = 30


class ConfusedPair(Record):
    """Products of `truth` that were put into `prediction`: `count` of the `of` with that truth."""

    truth: str
    prediction: str
    count: int
    of: int


def accuracy_by_group(groups: Sequence[str], right: NDArray[np.bool_]) -> dict[str, Proportion]:
    """Accuracy of each group's products, the largest group first, then by name.

    Raises:
        CatalogError: no products, or not one group a product.
    """
    require_rows(groups=groups, right=right)
    totals, correct = Counter(groups), Counter(compress(groups, right))
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return {name: wilson(correct[name], n) for name, n in ranked}


def point_bucket(points: int) -> str:
    """The stretch of `POINT_BUCKETS` that a category with `points` training products falls in."""
    return POINT_BUCKETS[bisect_right(_BUCKET_STARTS, points)]


def accuracy_by_points(
    labels: Sequence[str], right: NDArray[np.bool_], training_counts: Mapping[str, int]
) -> dict[str, Proportion]:
    """Accuracy by the training products of the true category `labels`, fewest first.

    A category that `training_counts` does not name has 0. Buckets without products are left out.

    Raises:
        CatalogError: no products, or not one label a product.
    """
    buckets = [point_bucket(training_counts.get(label, 0)) for label in labels]
    shares = accuracy_by_group(buckets, right)
    return {bucket: shares[bucket] for bucket in POINT_BUCKETS if bucket in shares}


def accuracy_by_least_points(
    labels: Sequence[str], right: NDArray[np.bool_], training_counts: Mapping[str, int]
) -> dict[int, Proportion]:
    """Accuracy over the categories of at least so many training products, for each of `LEAST_POINTS`.

    The dual expert paper's Figure 4, whose axis is the minimum of data points a category. A minimum that
    no product's category reaches is left out.

    Raises:
        CatalogError: no products, or not one label a product.
    """
    require_rows(labels=labels, right=right)
    points = np.array([training_counts.get(label, 0) for label in labels])
    return {least: share_of(right[points >= least]) for least in LEAST_POINTS if (points >= least).any()}


def confusion_counts(truths: Truths, predictions: Sequence[str]) -> tuple[ConfusedPair, ...]:
    """All (truth, prediction) pairs that occur, right ones too, the most frequent first, then alphabetical.

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    labels = counted_labels(truths, predictions)
    totals = Counter(labels)
    pairs = Counter(zip(labels, predictions, strict=True))
    return tuple(
        ConfusedPair(truth=truth, prediction=prediction, count=count, of=totals[truth])
        for (truth, prediction), count in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    )


def confused_pairs(
    truths: Truths, predictions: Sequence[str], keep: int = CONFUSIONS_KEPT
) -> tuple[ConfusedPair, ...]:
    """The `keep` most frequent wrong pairs of `confusion_counts`, in its order.

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    wrong = [pair for pair in confusion_counts(truths, predictions) if pair.truth != pair.prediction]
    return tuple(wrong[:keep])
