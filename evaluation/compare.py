"""Two systems on the same products: is the second better in accuracy, weighted F1 and macro F1."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.label_scores import CodedLabels
from evaluation.metrics import Truths, hits
from evaluation.paired import RESAMPLES, Difference, paired_bootstrap

ComparedMetric = Literal["accuracy", "weighted_f1", "macro_f1"]


def compare(
    truths: Truths,
    first: Sequence[str],
    second: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[ComparedMetric, Difference]:
    """What `second` gains over `first` in each metric, all from the same draws of products.

    Both are scored as `label_scores` does; macro F1 goes over the classes that a draw's truths and
    predictions hold.

    Args:
        first, second: the predicted path of each product, in the order of `truths`.

    Raises:
        CatalogError: no products, or not one prediction a product.
        SettingsError: fewer than 1 resample.
    """
    steps = gains(hits(truths, first), hits(truths, second))
    before, after = CodedLabels.of(truths, first), CodedLabels.of(truths, second)

    def differences(drawn: NDArray[np.intp]) -> tuple[float, float, float]:
        (weighted, macro), (weighted_after, macro_after) = before.mean_f1(drawn), after.mean_f1(drawn)
        return float(steps[drawn].mean()), weighted_after - weighted, macro_after - macro

    accuracy, weighted_f1, macro_f1 = paired_bootstrap(
        differences, len(steps), resamples=resamples, seed=seed
    )
    return {"accuracy": accuracy, "weighted_f1": weighted_f1, "macro_f1": macro_f1}


def gains(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """1 where only the second is right, -1 where only the first is, else 0; shape (n,)."""
    return second.astype(np.float64) - first
