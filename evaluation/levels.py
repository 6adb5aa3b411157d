"""The scores level by level, from the departments down to the leaves."""

from collections.abc import Sequence

import numpy as np

from catalog.product import PATH_SEPARATOR
from evaluation.checks import require_rows
from evaluation.label_scores import LabelScores, label_scores
from evaluation.metrics import Truths
from evaluation.record import Record


class LevelScores(Record):
    """One entry of `levels` a level, departments first, and the means of their weighted and macro F1."""

    levels: tuple[LabelScores, ...]
    weighted_f1: float
    macro_f1: float


def level_scores(truths: Truths, predictions: Sequence[str]) -> LevelScores:
    """Label scores of the paths cut off below each level, as deep as the deepest true path.

    A path that ends above a level stands there as it is, so that every level counts every product.
    `weighted_f1` over the three levels of GS1 GPC is the measure of the MWPD2020 challenge, task 2
    (Zhang et al., 2020).

    Raises:
        CatalogError: no products, or not one prediction a product.
    """
    require_rows(truths=truths, predictions=predictions)
    depth = max(len(path.split(PATH_SEPARATOR)) for paths in truths for path in paths)
    levels = tuple(_at_level(truths, predictions, level) for level in range(1, depth + 1))
    return LevelScores(
        levels=levels,
        weighted_f1=float(np.mean([scores.weighted.f1 for scores in levels])),
        macro_f1=float(np.mean([scores.macro.f1 for scores in levels])),
    )


def cut(path: str, level: int) -> str:
    """The first `level` nodes of `path`, all of it where it has fewer."""
    return PATH_SEPARATOR.join(path.split(PATH_SEPARATOR, level)[:level])


def _at_level(truths: Truths, predictions: Sequence[str], level: int) -> LabelScores:
    shortened = [frozenset(cut(path, level) for path in paths) for paths in truths]
    return label_scores(shortened, [cut(path, level) for path in predictions])
