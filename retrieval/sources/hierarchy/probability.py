"""Logits of the two levels to log-probabilities of the leaves."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from retrieval.index import Floats
from retrieval.sources.head import log_softmax

Ints = npt.NDArray[np.int64]
Probability = Literal["sigmoid", "softmax"]


def log_probabilities(logits: Floats, groups: Ints, probability: Probability) -> Floats:
    """Of each class by itself, or among those of its group.

    Args:
        logits: (n, classes).
        groups: group of each class, such as its department, (classes,).
    """
    if probability == "sigmoid":
        return -np.logaddexp(np.float32(0.0), -logits)
    result = np.empty_like(logits)
    for group in np.unique(groups):
        columns = np.flatnonzero(groups == group)
        result[:, columns] = log_softmax(logits[:, columns])
    return result
