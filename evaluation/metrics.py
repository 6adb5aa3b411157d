"""Is the answer right: accuracy, hierarchical F1, recall@K.

A product may have several right paths. It counts as right when the prediction is one of them. Where a
single true label a product is needed, it is the prediction if that is right, else the product's first
path in alphabetical order (a set has no other order that every run agrees on).
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingsError
from catalog.product import PATH_SEPARATOR
from evaluation.checks import require_rows
from evaluation.proportion import Proportion, share_of, wilson
from evaluation.record import Record

RECALL_DEPTHS = (1, 3, 5, 10)

Truths: TypeAlias = Sequence[frozenset[str]]


class Scores(Record):
    """Precision, recall and their F1, each 0 to 1."""

    precision: float
    recall: float
    f1: float


def hits(truths: Truths, predictions: Sequence[str]) -> NDArray[np.bool_]:
    """Which predictions are one of their product's right paths, shape (n,).

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    n = require_rows(truths=truths, predictions=predictions)
    right = (path in paths for paths, path in zip(truths, predictions, strict=True))
    return np.fromiter(right, dtype=np.bool_, count=n)


def accuracy(truths: Truths, predictions: Sequence[str]) -> Proportion:
    """Share of products whose prediction is one of their right paths, with its Wilson 95% interval.

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    return share_of(hits(truths, predictions))


def first_truth(paths: frozenset[str]) -> str:
    """The path that stands for a product with several right ones: the first in alphabetical order."""
    return min(paths)


def counted_labels(truths: Truths, predictions: Sequence[str]) -> list[str]:
    """One true label a product: the prediction where it is right, else the product's first path."""
    require_rows(truths=truths, predictions=predictions)
    pairs = zip(truths, predictions, strict=True)
    return [path if path in paths else first_truth(paths) for paths, path in pairs]


def recall_at(
    truths: Truths, rankings: Sequence[Sequence[str]], depths: Sequence[int] = RECALL_DEPTHS
) -> dict[int, Proportion]:
    """Share of products with a right path among the first K candidates, for each K of `depths`.

    Raises:
        CatalogError: no products, or not one ranking a product.
        SettingsError: a depth below 1.
    """
    if any(depth < 1 for depth in depths):
        raise SettingsError(f"`depths` is {tuple(depths)!r}.", fix="Ask for recall at 1 candidate or more.")
    n = require_rows(truths=truths, rankings=rankings)
    found = [_position(paths, ranking) for paths, ranking in zip(truths, rankings, strict=True)]
    positions = np.array(found, dtype=np.float64)
    return {depth: wilson(int(np.count_nonzero(positions < depth)), n) for depth in depths}


def _position(paths: frozenset[str], ranking: Sequence[str]) -> float:
    return next((float(place) for place, path in enumerate(ranking) if path in paths), np.inf)


def hierarchical_scores(truths: Truths, predictions: Sequence[str]) -> Scores:
    """Micro-averaged hierarchical precision, recall and F1 of Kiritchenko et al. (2006).

    Every path is the set of its nodes from the department down; a wrong leaf under the right parent
    still shares nodes. A product with several right paths is held against the one nearest to the
    prediction (highest F1 of their node sets, then alphabetical).

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    require_rows(truths=truths, predictions=predictions)
    pairs = zip(truths, predictions, strict=True)
    counts = np.array([_nearest(paths, path) for paths, path in pairs], dtype=np.float64)
    shared, predicted, true = counts.sum(axis=0)
    return Scores(precision=shared / predicted, recall=shared / true, f1=2 * shared / (predicted + true))


def _nearest(paths: frozenset[str], prediction: str) -> tuple[int, int, int]:
    counts = (_overlap(path, prediction) for path in sorted(paths))
    return max(counts, key=lambda c: c[0] / (c[1] + c[2]))


def _overlap(truth: str, prediction: str) -> tuple[int, int, int]:
    """Nodes shared by both paths, nodes of the prediction, nodes of the truth."""
    true, predicted = truth.split(PATH_SEPARATOR), prediction.split(PATH_SEPARATOR)
    # Nodes are told apart by their whole path, so the shared ones are the common beginning.
    same = takewhile(lambda pair: pair[0] == pair[1], zip(true, predicted, strict=False))
    return sum(1 for _ in same), len(predicted), len(true)
