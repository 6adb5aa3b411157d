"""Fit how much the general expert counts, on validation rows that the gate sends on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.choice import ChoiceModel, Floats, pad
from training.choice import fit_choice

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDS = 5
PENALTY = 2.0
_EDGE = 1e-12


@dataclass(frozen=True)
class GeneralFit:
    """Attributes:
    choice: weights to use, of the domain expert alone when the rest did not help.
    domain_accuracy, fused_accuracy: share of rows with a right candidate first; fused is cross-fitted.
    kept_domain: the general expert's features did not help on cross-fitted rows.
    """

    choice: ChoiceModel
    rows: int
    domain_accuracy: float
    fused_accuracy: float
    kept_domain: bool


def fit_general(
    names: Sequence[str],
    features: Sequence[Floats],
    right: Sequence[Bools],
    *,
    prior: Sequence[float],
    seed: int = 0,
) -> GeneralFit:
    """Fit fusion weights; keep them only when cross-fitted rows say they help.

    Args:
        names: of the features, the domain expert's log-probability first.
        features: one (candidates, features) array a row.
        right: which of its candidates are right, (candidates,) a row.
        prior: weights that few rows should stay near.
    """
    columns, valid = pad(features)
    hits = _pad_right(right, valid.shape[1])
    folds = np.random.default_rng(seed).permutation(len(features)) % FOLDS
    only_domain = columns * np.eye(len(names), dtype=np.float32)[0]
    full = _cross_fitted(names, columns, valid, hits, folds, prior)
    alone = _cross_fitted(names, only_domain, valid, hits, folds, [1.0, *[0.0] * (len(names) - 1)])
    keep_domain = not _helps(full, alone, hits)
    used = only_domain if keep_domain else columns
    centre = [1.0, *[0.0] * (len(names) - 1)] if keep_domain else prior
    choice = fit_choice(names, used, valid, hits, prior=centre, penalty=PENALTY)
    return GeneralFit(
        choice=choice,
        rows=len(features),
        domain_accuracy=_accuracy(alone, hits),
        fused_accuracy=_accuracy(alone if keep_domain else full, hits),
        kept_domain=keep_domain,
    )


def _helps(full: Floats, alone: Floats, right: Bools) -> bool:
    """Surer of what is right, and right no less often: either alone is easily had by chance."""
    return _log_loss(full, right) < _log_loss(alone, right) and _accuracy(full, right) >= _accuracy(
        alone, right
    )


def _cross_fitted(
    names: Sequence[str], features: Floats, valid: Bools, right: Bools, folds: Ints, prior: Sequence[float]
) -> Floats:
    probabilities = np.zeros(valid.shape, dtype=np.float32)
    for fold in range(FOLDS):
        inside, outside = folds != fold, folds == fold
        choice = fit_choice(
            names, features[inside], valid[inside], right[inside], prior=prior, penalty=PENALTY
        )
        probabilities[outside] = choice.probabilities(features[outside], valid[outside])
    return probabilities


def _pad_right(right: Sequence[Bools], width: int) -> Bools:
    padded = np.zeros((len(right), width), dtype=np.bool_)
    for i, row in enumerate(right):
        padded[i, : len(row)] = row
    return padded


def _log_loss(probabilities: Floats, right: Bools) -> float:
    found = right.any(axis=1)
    of_right = np.where(right, probabilities, 0).sum(axis=1)
    of_none = 1 - probabilities.sum(axis=1)
    return float(-np.log(np.maximum(np.where(found, of_right, of_none), _EDGE)).mean())


def _accuracy(probabilities: Floats, right: Bools) -> float:
    best = probabilities.argmax(axis=1)
    return float(right[np.arange(len(right)), best].mean())
