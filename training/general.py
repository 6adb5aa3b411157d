"""Fit how much the general expert counts, on validation rows that the gate sends on, and calibrate what comes
out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from retrieval.choice import ChoiceModel, Floats, pad
from retrieval.surety import AS_FUSED, Surety, surety_columns
from training.calibration import fit_weights
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
    surety: calibrates the confidence of what was fused.
    domain_accuracy, fused_accuracy: share of rows with a right candidate first; fused is cross-fitted.
    kept_domain: the general expert's features did not help on cross-fitted rows.
    fused: probability of the most probable candidate, (rows,); from a fit of choice that did not see the row.
    confidences: the same calibrated, (rows,); from fits of choice and surety that did not see the row.
    right: whether that candidate is right, (rows,).
    """

    choice: ChoiceModel
    surety: Surety
    rows: int
    domain_accuracy: float
    fused_accuracy: float
    kept_domain: bool
    fused: Floats
    confidences: Floats
    right: Bools


def fit_general(
    names: Sequence[str],
    features: Sequence[Floats],
    right: Sequence[Bools],
    confidences: Sequence[float],
    *,
    prior: Sequence[float],
    seed: int = 0,
) -> GeneralFit:
    """Fit fusion weights, keep them only when cross-fitted rows say they help, and calibrate.

    Args:
        names: of the features, the domain expert's log-probability first.
        features: one (candidates, features) array a row.
        right: which of its candidates are right, (candidates,) a row.
        confidences: the domain expert's calibrated confidence in its own first candidate, one a row.
        prior: weights that few rows should stay near.
    """
    rows = _Rows.of(features, right, confidences)
    fitter = _Fitter(names, prior)
    folds = np.random.default_rng(seed).permutation(len(features)) % FOLDS
    fit = fitter(rows, folds)
    fused, calibrated, hit = fitter.held_out(rows, folds)
    return GeneralFit(
        choice=fit.choice,
        surety=fit.surety,
        rows=len(features),
        domain_accuracy=_accuracy(fit.alone, rows.right),
        fused_accuracy=_accuracy(fit.probabilities, rows.right),
        kept_domain=fit.kept_domain,
        fused=fused,
        confidences=calibrated,
        right=hit,
    )


@dataclass(frozen=True)
class _Rows:
    """Attributes:
    features: (rows, candidates, features).
    valid, right: (rows, candidates).
    confidences: (rows,).
    """

    features: Floats
    valid: Bools
    right: Bools
    confidences: Floats

    @classmethod
    def of(cls, features: Sequence[Floats], right: Sequence[Bools], confidences: Sequence[float]) -> Self:
        columns, valid = pad(features)
        hits = np.zeros(valid.shape, dtype=np.bool_)
        for i, row in enumerate(right):
            hits[i, : len(row)] = row
        return cls(columns, valid, hits, np.asarray(confidences, dtype=np.float32))

    def __getitem__(self, rows: Bools) -> "_Rows":
        return _Rows(self.features[rows], self.valid[rows], self.right[rows], self.confidences[rows])


@dataclass(frozen=True)
class _Fit:
    """Attributes:
    probabilities, alone: cross-fitted, of what is in use and of the domain expert alone, (rows, candidates).
    """

    choice: ChoiceModel
    surety: Surety
    kept_domain: bool
    probabilities: Floats
    alone: Floats


class _Fitter:
    """Callable on rows and their folds."""

    def __init__(self, names: Sequence[str], prior: Sequence[float]) -> None:
        self._names = names
        self._prior = prior
        self._only_domain = np.eye(len(names), dtype=np.float32)[0]

    def __call__(self, rows: _Rows, folds: Ints) -> _Fit:
        full = self._cross_fitted(rows, folds, blind=False)
        alone = self._cross_fitted(rows, folds, blind=True)
        keep = not _helps(full, alone, rows.right)
        probabilities = alone if keep else full
        return _Fit(
            choice=self._choice(rows, blind=keep),
            surety=_surety(probabilities, rows),
            kept_domain=keep,
            probabilities=probabilities,
            alone=alone,
        )

    def held_out(self, rows: _Rows, folds: Ints) -> tuple[Floats, Floats, Bools]:
        """Fused and calibrated confidence of every row from fits that never saw it, and whether it is right.

        The whole of fitting, the decision to keep the domain expert too, is done anew without each fold.
        """
        fused, calibrated = np.zeros(len(folds), np.float32), np.zeros(len(folds), np.float32)
        hit = np.zeros(len(folds), np.bool_)
        for fold in np.unique(folds):
            outside = folds == fold
            fit, apart = self(rows[~outside], folds[~outside]), rows[outside]
            probabilities = fit.choice.probabilities(apart.features, apart.valid)
            fused[outside] = probabilities.max(axis=1)
            calibrated[outside] = fit.surety(surety_columns(probabilities, apart.confidences))
            hit[outside] = _first_right(probabilities, apart.right)
        return fused, calibrated, hit

    def _choice(self, rows: _Rows, *, blind: bool) -> ChoiceModel:
        """Args:
        blind: to what the general expert says.
        """
        features = rows.features * self._only_domain if blind else rows.features
        centre = self._only_domain.tolist() if blind else self._prior
        return fit_choice(self._names, features, rows.valid, rows.right, prior=centre, penalty=PENALTY)

    def _cross_fitted(self, rows: _Rows, folds: Ints, *, blind: bool) -> Floats:
        """Probabilities from fits that did not see the row, (rows, candidates)."""
        probabilities = np.zeros(rows.valid.shape, dtype=np.float32)
        for fold in np.unique(folds):
            outside = folds == fold
            choice = self._choice(rows[~outside], blind=blind)
            probabilities[outside] = choice.probabilities(rows.features[outside], rows.valid[outside])
        return probabilities


def _surety(probabilities: Floats, rows: _Rows) -> Surety:
    """By penalised logistic regression, pulled towards leaving the probability as it is."""
    columns = surety_columns(probabilities, rows.confidences).astype(np.float64)
    fitted = fit_weights(columns, _first_right(probabilities, rows.right), centre=AS_FUSED.weights)
    a, b, c, d = fitted.tolist()
    return Surety(weights=(a, b, c, d))


def _helps(full: Floats, alone: Floats, right: Bools) -> bool:
    """Surer of what is right, and right no less often: either alone is easily had by chance."""
    return _log_loss(full, right) < _log_loss(alone, right) and _accuracy(full, right) >= _accuracy(
        alone, right
    )


def _log_loss(probabilities: Floats, right: Bools) -> float:
    found = right.any(axis=1)
    of_right = np.where(right, probabilities, 0).sum(axis=1)
    of_none = 1 - probabilities.sum(axis=1)
    return float(-np.log(np.maximum(np.where(found, of_right, of_none), _EDGE)).mean())


def _first_right(probabilities: Floats, right: Bools) -> Bools:
    result: Bools = right[np.arange(len(right)), probabilities.argmax(axis=1)]
    return result


def _accuracy(probabilities: Floats, right: Bools) -> float:
    return float(_first_right(probabilities, right).mean())
