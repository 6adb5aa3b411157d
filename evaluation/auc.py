"""How well the candidate scores set each class apart: one-vs-rest area under the ROC curve.

A product has scores for its candidates alone. A class that is not among them counts as scored below
every candidate, and equal to all other missing ones: of two products without the class, the chance to be
ranked right is one half. So a class that is never recalled has an AUC of .5, and an expert that offers few
candidates is held to what it offers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.checks import require_rows
from evaluation.metrics import Truths
from evaluation.record import Record


class AucScores(Record):
    """Mean AUC over `classes`: all the same (`macro`) and by their products (`weighted`)."""

    macro: float
    weighted: float
    classes: int


def class_aucs(
    truths: Truths, rankings: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]
) -> dict[str, float]:
    """AUC of every true class with products in it and products outside it, by name.

    The probability that a product of the class scores higher for it than a product outside does, ties
    counting half (Hanley and McNeil, 1982). A product with several right paths is in each of them.

    Args:
        rankings: candidates of each product, no one twice.
        scores: of these candidates, in their order; comparable between products.

    Raises:
        CatalogError: no products, or not one ranking and one list of scores a product.
    """
    n = require_rows(truths=truths, rankings=rankings, scores=scores)
    inside, outside = _listed(truths, rankings, scores)
    sizes = class_sizes(truths)
    return {
        name: _auc(np.array(inside[name]), np.array(outside[name]), size, n - size)
        for name, size in sorted(sizes.items())
        if size < n
    }


def class_sizes(truths: Truths) -> dict[str, int]:
    """Products of each true class; one with several right paths counts in each."""
    sizes: dict[str, int] = defaultdict(int)
    for paths in truths:
        for path in paths:
            sizes[path] += 1
    return sizes


def mean_auc(aucs: Mapping[str, float], sizes: Mapping[str, int]) -> AucScores | None:
    """Macro and weighted mean of the AUCs of `class_aucs`; None where there are none."""
    if not aucs:
        return None
    values = np.array(list(aucs.values()))
    weights = [sizes[name] for name in aucs]
    return AucScores(
        macro=float(values.mean()), weighted=float(np.average(values, weights=weights)), classes=len(aucs)
    )


_Listed = defaultdict[str, list[float]]


def _listed(
    truths: Truths, rankings: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]
) -> tuple[_Listed, _Listed]:
    """Scores by class, of the products in it and of those outside it that list it."""
    inside: _Listed = defaultdict(list)
    outside: _Listed = defaultdict(list)
    for paths, ranking, given in zip(truths, rankings, scores, strict=True):
        for path, score in zip(ranking, given, strict=True):
            (inside if path in paths else outside)[path].append(score)
    return inside, outside


def _auc(inside: NDArray[np.float64], outside: NDArray[np.float64], size: int, others: int) -> float:
    """Mann-Whitney's U over its greatest value.

    Args:
        inside, outside: scores of the products that list the class, in it and not in it.
        size, others: products in the class and outside it, whether they list it or not.
    """
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left")
    equal = np.searchsorted(ordered, inside, side="right") - below
    unlisted, others_unlisted = size - len(inside), others - len(outside)
    won = below.sum() + equal.sum() / 2 + len(inside) * others_unlisted + unlisted * others_unlisted / 2
    return float(won) / (size * others)
