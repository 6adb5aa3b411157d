"""Precision, recall and F1 over the labels, weighted by their products and macro.

The label classes are those that occur among the truths or the predictions, as in scikit-learn; a class
without products or without predictions scores 0 where its quotient is undefined.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import Scores, Truths, counted_labels
from evaluation.record import Record


class LabelScores(Record):
    """`weighted` by each class's number of products, `macro` with every one of the `classes` equal."""

    weighted: Scores
    macro: Scores
    classes: int


@dataclass(frozen=True, slots=True)
class CodedLabels:
    """True and predicted labels as numbers below `size`, shape (n,): scored quickly, again and again."""

    true: NDArray[np.intp]
    predicted: NDArray[np.intp]
    size: int

    @classmethod
    def of(cls, truths: Truths, predictions: Sequence[str]) -> "CodedLabels":
        """Code the labels; of several right paths one is counted, see `metrics.counted_labels`."""
        labels = counted_labels(truths, predictions)
        codes = {label: code for code, label in enumerate(sorted({*labels, *predictions}))}
        return cls(
            true=np.array([codes[label] for label in labels], dtype=np.intp),
            predicted=np.array([codes[label] for label in predictions], dtype=np.intp),
            size=len(codes),
        )

    def scores(self, rows: NDArray[np.intp] | None = None) -> LabelScores:
        """The scores on `rows` (indices, repeats allowed), on all products by default."""
        true = self.true if rows is None else self.true[rows]
        predicted = self.predicted if rows is None else self.predicted[rows]
        support = np.bincount(true, minlength=self.size)
        chosen = np.bincount(predicted, minlength=self.size)
        right = np.bincount(true[true == predicted], minlength=self.size)
        present = (support + chosen) > 0
        table = _by_class(right[present], chosen[present], support[present])
        return LabelScores(
            weighted=_scores(np.average(table, axis=1, weights=support[present])),
            macro=_scores(table.mean(axis=1)),
            classes=int(np.count_nonzero(present)),
        )


def label_scores(truths: Truths, predictions: Sequence[str]) -> LabelScores:
    """Weighted and macro precision, recall and F1.

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    return CodedLabels.of(truths, predictions).scores()


def _by_class(
    right: NDArray[np.intp], chosen: NDArray[np.intp], support: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Precision, recall and F1 of every class, shape (3, classes)."""
    precision = right / np.maximum(chosen, 1)
    recall = right / np.maximum(support, 1)
    return np.stack([precision, recall, 2 * right / (chosen + support)])


def _scores(row: NDArray[np.float64]) -> Scores:
    precision, recall, f1 = (float(value) for value in row)
    return Scores(precision=precision, recall=recall, f1=f1)
