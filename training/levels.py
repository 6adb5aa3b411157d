"""Calibrate the confidence at each level on held-out rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from retrieval.index import Floats, Positions
from retrieval.levels import AS_SUMMED, LevelModel, Levels, level_columns
from retrieval.taxonomy import Taxonomy
from training.calibration import fit_weights
from training.dataset import Dataset
from training.fit import Fitted

Bools = npt.NDArray[np.bool_]

FOLDS: Final = 5
_FEWEST: Final = 20


@dataclass(frozen=True)
class LevelAnswers:
    """The inner levels of n held-out answers.

    Attributes:
        confidences: cross-fitted, (n, levels), NaN where the answer has no inner node.
        right: whether the node is on a true path, (n, levels).
    """

    confidences: Floats
    right: Bools

    def row(self, i: int) -> tuple[list[float], list[bool]]:
        """Confidences and truths of one answer, root first."""
        inner = ~np.isnan(self.confidences[i])
        return self.confidences[i][inner].tolist(), self.right[i][inner].tolist()


def level_answers(fitted: Fitted, data: Dataset) -> tuple[LevelAnswers, LevelModel]:
    """Answers from models that did not see the row, and the model of all rows."""
    taxonomy, n = data.taxonomy, len(fitted.right)
    summing = Levels(taxonomy, LevelModel())
    if n < _FEWEST:
        columns = summing(fitted.positions, fitted.probabilities, fitted.confidences)
        return _inner(columns, _on_true_path(summing, fitted, data), summing, fitted), summing.model
    right = _on_true_path(summing, fitted, data)
    folds = np.random.default_rng(0).permutation(n) % FOLDS
    confidences = np.full(right.shape, np.nan, np.float32)
    for fold in range(FOLDS):
        outside = folds == fold
        levels = Levels(taxonomy, _fit(summing, fitted, right, ~outside))
        confidences[outside] = levels(
            fitted.positions[outside], fitted.probabilities[outside], fitted.confidences[outside]
        )
    model = _fit(summing, fitted, right, np.ones(n, np.bool_))
    return _inner(confidences, right, summing, fitted), model


def _fit(summing: Levels, fitted: Fitted, right: Bools, rows: Bools) -> LevelModel:
    """Logistic regression a level, pulled towards the sum as it is."""
    positions, numbers = fitted.positions[rows], summing.prefixes.numbers
    summed = summing.prefixes.under(positions, fitted.probabilities[rows])
    columns = level_columns(summed, fitted.confidences[rows]).astype(np.float64)
    depths = (numbers[positions[:, 0]] >= 0).sum(axis=1)
    weights: list[tuple[float, float, float]] = []
    for level in range(numbers.shape[1] - 1):
        own = depths > level + 1
        a, b, c = fit_weights(columns[own, level], right[rows][own, level], centre=AS_SUMMED).tolist()
        weights.append((a, b, c))
    return LevelModel(weights=tuple(weights) or (AS_SUMMED,))


def _on_true_path(levels: Levels, fitted: Fitted, data: Dataset) -> Bools:
    """Whether each node of the first candidate's path is on a path to a true category, (n, levels)."""
    numbers = levels.prefixes.numbers
    said = numbers[fitted.positions[:, 0]]
    right = np.zeros(said.shape, np.bool_)
    for i, truth in enumerate(_truths(data, len(said))):
        right[i] = ((numbers[truth] == said[i]) & (said[i] >= 0)).any(axis=0)
    return right


def _truths(data: Dataset, rows: int) -> Sequence[Positions]:
    return [_positions(data.taxonomy, p.category_paths) for p in data.validation[:rows]]


def _positions(taxonomy: Taxonomy, paths: Sequence[str]) -> Positions:
    return np.asarray([taxonomy.require(path) for path in paths], np.int64)


def _inner(confidences: Floats, right: Bools, levels: Levels, fitted: Fitted) -> LevelAnswers:
    depths = (levels.prefixes.numbers[fitted.positions[:, 0]] >= 0).sum(axis=1)
    inner = np.arange(confidences.shape[1]) < depths[:, None] - 1
    return LevelAnswers(np.where(inner, confidences, np.nan).astype(np.float32), right & inner)
