"""Weights and priors of the classes, from the number of training rows of each."""

from typing import assert_never

import numpy as np
import numpy.typing as npt

from training.losses.record import EffectiveNumber, InverseFrequency

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def class_weights(weighting: InverseFrequency | EffectiveNumber, counts: Ints) -> Doubles:
    """α_k, (classes,), with a mean of 1 over the training rows, so that the learning rate keeps its meaning.

    Args:
        counts: training rows of each class, (classes,); a class without any counts as one with one.
    """
    present = np.maximum(counts, 1).astype(np.float64)
    match weighting:
        case InverseFrequency(power=power):
            raw = present**-power
        case EffectiveNumber(beta=beta):
            raw = (1 - beta) / (1 - beta**present)
        case _:
            assert_never(weighting)
    weights: Doubles = raw * (present.sum() / (present * raw).sum())
    return weights


def log_priors(counts: Ints) -> Doubles:
    """Log share of each class among the rows, (classes,); a class without any counts as one with one."""
    present = np.maximum(counts, 1).astype(np.float64)
    priors: Doubles = np.log(present / present.sum())
    return priors
