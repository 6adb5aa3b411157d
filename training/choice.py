"""Fit a `ChoiceModel` by penalised maximum likelihood."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from retrieval.choice import ChoiceModel

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def fit_choice(
    names: Sequence[str],
    features: Floats,
    valid: Bools,
    right: Bools,
    *,
    prior: Sequence[float],
    penalty: float = 1.0,
) -> ChoiceModel:
    """Weights that make the right candidates, or the outside option where none is right, most likely.

    Args:
        features: (products, candidates, features).
        valid: (products, candidates).
        right: (products, candidates); several may be right.
        prior: weights that few rows should stay near.
        penalty: strength of that pull, in units of one row's log-likelihood per squared weight.
    """
    centre = np.asarray([*prior, 0.0])
    allowed = np.concatenate([valid, np.ones((len(valid), 1), dtype=np.bool_)], axis=1)
    none_right = ~(right & valid).any(axis=1, keepdims=True)
    chosen = np.concatenate([right & valid, none_right], axis=1)
    columns = _with_outside(features.astype(np.float64))

    def objective(w: Doubles) -> tuple[float, Doubles]:
        loss, gradient = _negative_log_likelihood(w, columns, allowed, chosen)
        pull = w - centre
        pull[-1] = 0.0
        return loss + penalty * float(pull @ pull), gradient + 2 * penalty * pull

    fitted = minimize(objective, centre, jac=True, method="L-BFGS-B").x
    return ChoiceModel(names=tuple(names), weights=tuple(map(float, fitted[:-1])), outside=float(fitted[-1]))


def _with_outside(features: Doubles) -> Doubles:
    """Add the outside option as a last candidate whose only feature is its own constant."""
    rows, width, size = features.shape
    extended = np.zeros((rows, width + 1, size + 1))
    extended[:, :width, :size] = features
    extended[:, width, size] = 1.0
    return extended


def _negative_log_likelihood(
    weights: Doubles, features: Doubles, allowed: Bools, chosen: Bools
) -> tuple[float, Doubles]:
    scores = np.where(allowed, features @ weights, -np.inf)
    scores -= scores.max(axis=1, keepdims=True)
    exponentials = np.exp(scores)
    total = exponentials.sum(axis=1, keepdims=True)
    picked = np.where(chosen, exponentials, 0.0)
    share = np.maximum(picked.sum(axis=1, keepdims=True), 1e-300)
    loss = float((np.log(total) - np.log(share)).sum())
    difference = exponentials / total - picked / share
    gradient: Doubles = np.einsum("nm,nmf->f", difference, features)
    return loss, gradient
