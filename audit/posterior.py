"""P(label wrong | evidence), with everything it needs estimated from the labels themselves.

The right category is latent: P(c | x) is a conditional logit over the candidates' evidence, P(given | c) the
noise model (`audit.noise`). Weights, noise rate and tier shares maximise the likelihood of the given labels,
Σ_i log Σ_c P(c | x_i) P(given_i | c); as in Raykar et al. (2010), but by gradient and with one annotator. A
label is suspicious when the evidence is sure of another category from which mistakes come this way.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

from audit.noise import NoiseModel
from audit.out_of_fold import FEATURES

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Pulled to by one row's worth; in the order of `FEATURES`.
_PRIOR = (2.0, 0.5, 1.0, 0.0, 0.3)
_FIRST_RATE = 0.05
_FIRST_SHARES = (0.7, 0.2, 0.1)
# Rows' worth of belief that labels are right, so that a small catalog is not declared wrong as a whole.
_RIGHT_ROWS, _WRONG_ROWS = 5.0, 1.0
_TINY = 1e-300


@dataclass(frozen=True)
class Posterior:
    """Attributes:
    weights: of `FEATURES`.
    clean: P(candidate | product), without looking at the given label, (n, m).
    right: P(candidate is right | product and given label), (n, m).
    """

    weights: tuple[float, ...]
    noise: NoiseModel
    clean: Floats
    right: Floats


def fit_posterior(
    features: Floats, valid: Bools, stand_for: Floats, tiers: Floats, given: Bools
) -> Posterior:
    """Maximum a posteriori fit.

    Args:
        features: (n, m, `FEATURES`).
        valid: (n, m).
        stand_for: categories that each candidate stands for, (n, m).
        tiers: see `audit.noise.tier_chances`, (n, m, 3).
        given: whether a candidate is the given label; one a row, (n, m).
    """
    problem = _Problem(features, valid, np.log(stand_for), tiers, given)
    start = np.concatenate(
        [_PRIOR, [np.log(_FIRST_RATE / (1 - _FIRST_RATE))], np.log(np.asarray(_FIRST_SHARES))]
    )
    solution = minimize(problem.loss, start, jac=True, method="L-BFGS-B").x
    weights, noise = _unpacked(solution)
    clean = problem.clean(weights)
    joint = clean * noise.channel(tiers, given)
    right = joint / np.maximum(joint.sum(axis=1, keepdims=True), _TINY)
    return Posterior(tuple(map(float, weights)), noise, clean / stand_for, right / stand_for)


def _unpacked(parameters: Floats) -> tuple[Floats, NoiseModel]:
    weights, logit, mix = np.split(parameters, [len(FEATURES), len(FEATURES) + 1])
    shares = np.exp(mix - logsumexp(mix))
    return weights, NoiseModel(float(1 / (1 + np.exp(-logit[0]))), tuple(map(float, shares)))


@dataclass(frozen=True)
class _Problem:
    """Negative log posterior of the parameters and its gradient."""

    features: Floats
    valid: Bools
    log_counts: Floats
    tiers: Floats
    given: Bools

    def clean(self, weights: Floats) -> Floats:
        scores = np.where(self.valid, self.features @ weights + self.log_counts, -np.inf)
        result: Floats = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
        return result

    def loss(self, parameters: Floats) -> tuple[float, Floats]:
        weights, noise = _unpacked(parameters)
        clean = self.clean(weights)
        joint = clean * noise.channel(self.tiers, self.given)
        likelihood = joint.sum(axis=1, keepdims=True) + _TINY
        right = joint / likelihood
        pull = weights - np.asarray(_PRIOR)
        by_weight = 2 * pull - np.einsum("nm,nmf->f", right - clean, self.features)
        rate_loss, by_rate, by_mix = self._noise_terms(noise, np.where(self.given, 0.0, right))
        loss = float(pull @ pull - np.log(likelihood).sum()) + rate_loss
        return loss, np.concatenate([by_weight, [by_rate], by_mix])

    def _noise_terms(self, noise: NoiseModel, wrong: Floats) -> tuple[float, float, Floats]:
        """Prior's loss, and the gradients by the logit of the rate and by the logits of the shares."""
        shares = np.asarray(noise.shares)
        strayed = np.maximum(self.tiers @ shares, _TINY)
        by_tier = np.einsum("nm,nmt->t", wrong / strayed, self.tiers) * shares + 1.0
        rows, rate = len(wrong), noise.rate
        count = wrong.sum() + _WRONG_ROWS
        by_rate = (rows + _WRONG_ROWS + _RIGHT_ROWS) * rate - count
        prior = -_WRONG_ROWS * np.log(rate) - _RIGHT_ROWS * np.log1p(-rate) - np.log(shares).sum()
        return float(prior), float(by_rate), by_tier.sum() * shares - by_tier
