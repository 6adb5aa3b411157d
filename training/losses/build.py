"""From a loss's record to the function that a training step calls."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.losses.class_weights import class_weights, log_priors
from training.losses.contrastive import supervised_contrastive
from training.losses.record import (
    BinaryCrossEntropy,
    Bootstrap,
    CrossEntropy,
    EffectiveNumber,
    Focal,
    InverseFrequency,
    LogitAdjustment,
    Loss,
    SingleLoss,
    SupervisedContrastive,
    TwoPhases,
    WeightedSum,
)
from training.losses.sigmoid import binary_cross_entropy
from training.losses.softmax import bootstrap, cross_entropy, focal, logit_adjusted

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StepOutput:
    """What a step offers to its loss.

    Attributes:
        logits: (n, classes) float32.
        vectors: unit vectors of the rows, (n, dim) float32.
        targets: (n,) int64.
        progress: share of the run's steps that are done before this one, 0 <= progress < 1.
    """

    logits: Tensor
    vectors: Tensor
    targets: Tensor
    progress: float


LossFunction = Callable[[StepOutput], Tensor]


def build_loss(loss: Loss, counts: Ints, device: torch.device) -> LossFunction:
    """The loss as a function of a step's output; gives a scalar.

    Args:
        counts: training rows of each class, (classes,).
        device: where the logits are.
    """
    return _Builder(counts, device).build(loss)


def gated(progress: float, gate: float, before: float, after: float) -> float:
    """β̂ and ε(t): one value before the gate, another from it (DHPC Eq. 7, dual-expert Eq. 3)."""
    return before if progress < gate else after


@dataclass(frozen=True)
class _Builder:
    counts: Ints
    device: torch.device

    def build(self, loss: Loss) -> LossFunction:
        match loss:
            case WeightedSum(terms=terms):
                parts = [(term.weight, self._single(term.loss)) for term in terms]
                return partial(_weighted_sum, parts)
            case TwoPhases(first=first, second=second, switch=switch):
                return partial(_two_phases, self.build(first), self.build(second), switch)
            case _:
                return self._single(loss)

    def _single(self, loss: SingleLoss) -> LossFunction:
        match loss:
            case CrossEntropy(label_smoothing=smoothing):
                weights = self._weights(loss.weighting)
                return lambda s: cross_entropy(
                    s.logits, s.targets, label_smoothing=smoothing, weights=weights
                )
            case Focal(gamma=gamma):
                weights = self._weights(loss.weighting)
                return lambda s: focal(s.logits, s.targets, gamma=gamma, weights=weights)
            case Bootstrap(beta=beta, gate=gate):
                return lambda s: bootstrap(s.logits, s.targets, beta=gated(s.progress, gate, 1.0, beta))
            case BinaryCrossEntropy():
                return partial(_binary, loss)
            case LogitAdjustment(tau=tau, label_smoothing=smoothing):
                priors = self._tensor(log_priors(self.counts))
                return lambda s: logit_adjusted(
                    s.logits, s.targets, tau=tau, log_priors=priors, label_smoothing=smoothing
                )
            case SupervisedContrastive(temperature=temperature):
                return lambda s: supervised_contrastive(s.vectors, s.targets, temperature=temperature)
            case _:
                assert_never(loss)

    def _weights(self, weighting: InverseFrequency | EffectiveNumber | None) -> Tensor | None:
        return None if weighting is None else self._tensor(class_weights(weighting, self.counts))

    def _tensor(self, values: npt.NDArray[np.float64]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.device)


def _binary(loss: BinaryCrossEntropy, step: StepOutput) -> Tensor:
    return binary_cross_entropy(
        step.logits,
        step.targets,
        beta=gated(step.progress, loss.gate, 1.0, loss.beta),
        sigma=loss.sigma,
        epsilon=gated(step.progress, loss.epsilon_gate, loss.early_epsilon, loss.epsilon),
    )


def _weighted_sum(parts: list[tuple[float, LossFunction]], step: StepOutput) -> Tensor:
    return torch.stack([weight * function(step) for weight, function in parts]).sum()


def _two_phases(first: LossFunction, second: LossFunction, switch: float, step: StepOutput) -> Tensor:
    return (first if step.progress < switch else second)(step)
