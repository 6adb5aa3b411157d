"""Fit the calibrators on rows that training never saw, and keep the one that foretells best.

Boosted trees were tried beside these four and left out: they lost on real catalogs wherever
near-duplicates of a row were kept out of the rows they were fitted on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from retrieval.calibrator import Beta, Calibrator, Isotonic, Logistic, Temperature, beta_columns
from retrieval.confidence import FEATURES, Floats

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDS = 5
# A pull towards leaving the probability as it is, worth about one row, so that few rows cannot run away.
_PENALTY = 1.0
# A curve of any shape needs this many rows of each outcome.
_CURVE_ROWS = 25


@dataclass(frozen=True)
class Calibration:
    """Attributes:
    calibrator: of the least cross-validated log loss, fitted on all rows.
    losses: of every calibrator compared, by kind, in nats a row.
    """

    calibrator: Calibrator
    losses: Mapping[str, float]


def fit_calibration(features: Floats, right: Bools, *, seed: int) -> Calibration:
    """Compare all calibrators by cross-validated log loss and fit the best on all rows.

    Args:
        features: of held-out products, (n, `FEATURES`), n at least 1.
        right: whether the first candidate was right, (n,).
    """
    fits = _comparable(right)
    folds = np.random.default_rng(seed).permutation(len(right)) % min(FOLDS, len(right))
    losses = {kind: _loss(fit, features, right, folds) for kind, fit in fits.items()}
    # With a single row there is nothing to compare on: the first, simplest kind stands.
    best = min(losses, key=losses.__getitem__)
    return Calibration(fits[best](features, right), losses)


def fit_temperature(features: Floats, right: Bools) -> Temperature:
    """One number, by penalised maximum likelihood."""
    weights = fit_weights(features[:, :1].astype(np.float64), right, centre=(1.0,), lowest=(1e-3,))
    return Temperature(temperature=float(1 / weights[0]))


def fit_beta(features: Floats, right: Bools) -> Beta:
    """Three numbers, by penalised maximum likelihood with a, b >= 0 (Kull et al., 2017)."""
    columns = _with_constant(beta_columns(features))
    a, b, c = fit_weights(columns, right, centre=(1.0, 1.0, 0.0), lowest=(0.0, 0.0, -np.inf)).tolist()
    return Beta(a=a, b=b, c=c)


def fit_isotonic(features: Floats, right: Bools) -> Isotonic:
    """Pool adjacent violators; never quite 0 or 1, which n rows cannot tell."""
    edge = 1 / (len(right) + 2)
    model = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit(features[:, 0].astype(np.float64), right)
    return Isotonic(knots=tuple(model.X_thresholds_.tolist()), values=tuple(model.y_thresholds_.tolist()))


def fit_logistic(features: Floats, right: Bools) -> Logistic:
    """Ridge regression on standardised features, towards the first candidate's own log odds."""
    columns = features.astype(np.float64)
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    spread[spread == 0] = 1.0
    centre = np.zeros(len(FEATURES) + 1)
    centre[0], centre[-1] = spread[0], mean[0]
    fitted = fit_weights(_with_constant((columns - mean) / spread), right, centre=centre)
    weights = fitted[:-1] / spread
    return Logistic(weights=tuple(weights.tolist()), bias=float(fitted[-1] - weights @ mean))


Fit = Callable[[Floats, Bools], Calibrator]

FITS: Final[Mapping[str, Fit]] = {
    "temperature": fit_temperature,
    "beta": fit_beta,
    "logistic": fit_logistic,
    "isotonic": fit_isotonic,
}


def _comparable(right: Bools) -> Mapping[str, Fit]:
    rarer = min(np.count_nonzero(right), np.count_nonzero(~right))
    return {kind: fit for kind, fit in FITS.items() if kind != "isotonic" or rarer >= _CURVE_ROWS}


def _loss(fit: Fit, features: Floats, right: Bools, folds: Ints) -> float:
    """Mean negative log-likelihood of rows that the fit did not see, in nats."""
    losses = np.zeros(len(right))
    for fold in np.unique(folds):
        outside = folds == fold
        calibrator = (
            fit(features[~outside], right[~outside]) if not outside.all() else Temperature(temperature=1)
        )
        chances = np.clip(calibrator(features[outside]).astype(np.float64), 1e-7, 1 - 1e-7)
        losses[outside] = -np.log(np.where(right[outside], chances, 1 - chances))
    return float(losses.mean())


def _with_constant(columns: Doubles) -> Doubles:
    return np.concatenate([columns, np.ones((len(columns), 1))], axis=1)


def fit_weights(
    columns: Doubles, right: Bools, *, centre: npt.ArrayLike, lowest: npt.ArrayLike | None = None
) -> Doubles:
    """Logistic regression, pulled towards `centre` and nowhere below `lowest`; (columns,)."""
    start = np.asarray(centre, dtype=np.float64)
    bounds = None if lowest is None else [(low, None) for low in np.asarray(lowest).tolist()]

    def objective(weights: Doubles) -> tuple[float, Doubles]:
        scores, pull = columns @ weights, weights - start
        loss = np.logaddexp(0.0, np.where(right, -scores, scores)).sum() + _PENALTY * pull @ pull
        return float(loss), columns.T @ (expit(scores) - right) + 2 * _PENALTY * pull

    fitted: Doubles = minimize(objective, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return fitted
