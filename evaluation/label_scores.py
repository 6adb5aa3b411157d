"""Precision, recall and F1 over the labels, weighted by their products and macro.

The label classes are those that occur among the truths or the predictions, as in scikit-learn; a class
without products or without predictions scores 0 where its quotient is undefined. So an answer that no
product of the evaluated rows has costs macro F1 a whole class; `macro_true` looks at the classes with
products only (scikit-learn's `labels=` the true ones) and compares systems over the same classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import Scores, Truths, counted_labels
from evaluation.record import Record


class LabelScores(Record):
    """Means over classes.

    Attributes:
        weighted: by each class's number of products.
        macro: every one of the `classes` counts the same.
        macro_true: every one of the `true_classes`, those with products, counts the same.
    """

    weighted: Scores
    macro: Scores
    macro_true: Scores
    classes: int
    true_classes: int


@dataclass(frozen=True, slots=True)
class ClassTable:
    """What the scores are made of, one entry a class: shape (size,), counts of products.

    Attributes:
        support: products of the class.
        chosen: products put into the class.
        right: products of the class put into it.
    """

    support: NDArray[np.intp]
    chosen: NDArray[np.intp]
    right: NDArray[np.intp]

    def scores(self) -> NDArray[np.float64]:
        """Precision, recall and F1 of every class, shape (3, size); 0 where undefined."""
        precision = self.right / np.maximum(self.chosen, 1)
        recall = self.right / np.maximum(self.support, 1)
        return np.stack([precision, recall, self.f1()])

    def f1(self) -> NDArray[np.float64]:
        """F1 of every class, shape (size,); 0 where undefined."""
        result: NDArray[np.float64] = 2 * self.right / np.maximum(self.chosen + self.support, 1)
        return result


@dataclass(frozen=True, slots=True)
class CodedLabels:
    """True and predicted labels, shape (n,), as positions in `names`: scored quickly, again and again."""

    true: NDArray[np.intp]
    predicted: NDArray[np.intp]
    names: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.names)

    @classmethod
    def of(cls, truths: Truths, predictions: Sequence[str]) -> "CodedLabels":
        """Code the labels; of several right paths one is counted, see `metrics.counted_labels`."""
        labels = counted_labels(truths, predictions)
        names = tuple(sorted({*labels, *predictions}))
        codes = {label: code for code, label in enumerate(names)}
        return cls(
            true=np.array([codes[label] for label in labels], dtype=np.intp),
            predicted=np.array([codes[label] for label in predictions], dtype=np.intp),
            names=names,
        )

    def table(self, rows: NDArray[np.intp] | None = None) -> ClassTable:
        """Counts on `rows` (indices, repeats allowed), on all products by default."""
        true = self.true if rows is None else self.true[rows]
        predicted = self.predicted if rows is None else self.predicted[rows]
        return ClassTable(
            support=np.bincount(true, minlength=self.size),
            chosen=np.bincount(predicted, minlength=self.size),
            right=np.bincount(true[true == predicted], minlength=self.size),
        )

    def scores(self) -> LabelScores:
        """The scores on all products."""
        table = self.table()
        scores, held = table.scores(), table.support > 0
        present = held | (table.chosen > 0)
        return LabelScores(
            weighted=_scores(np.average(scores, axis=1, weights=table.support)),
            macro=_scores(scores[:, present].mean(axis=1)),
            macro_true=_scores(scores[:, held].mean(axis=1)),
            classes=int(np.count_nonzero(present)),
            true_classes=int(np.count_nonzero(held)),
        )

    def mean_f1(self, rows: NDArray[np.intp]) -> tuple[float, float]:
        """Weighted and macro F1 on `rows`, without the rest: a bootstrap asks thousands of times."""
        table = self.table(rows)
        f1 = table.f1()
        present = np.count_nonzero(table.support + table.chosen)
        return float(table.support @ f1) / len(rows), float(f1.sum()) / present


def label_scores(truths: Truths, predictions: Sequence[str]) -> LabelScores:
    """Weighted and macro precision, recall and F1.

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    return CodedLabels.of(truths, predictions).scores()


def _scores(row: NDArray[np.float64]) -> Scores:
    precision, recall, f1 = (float(value) for value in row)
    return Scores(precision=precision, recall=recall, f1=f1)
