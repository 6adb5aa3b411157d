"""From fused candidate probabilities to what tells whether the first candidate is right."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from retrieval.taxonomy import Category

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

FEATURES: Final = (
    "log odds of the first",
    "log ratio to the second",
    "entropy",
    "share of sources that agree",
    "cosine to the nearest labelled products",
    "log odds of its department",
    "log odds of the leaf given its department",
)
NEAREST: Final = 5
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Signals:
    """What the domain expert knows of n products beside their candidates' names.

    Attributes:
        probabilities: fused, of the candidates, best first, (n, m) with zeros where padded.
        agreement: share of recall sources whose own best is the first candidate, (n,).
        similarity: mean cosine to the `NEAREST` labelled products, (n,).
        department: probability of the first candidate's department, (n,).
    """

    probabilities: Floats
    agreement: Floats
    similarity: Floats
    department: Floats

    def features(self) -> Floats:
        """Inputs of a calibrator, (n, `FEATURES`).

        The confidence of DHPC is the product of department and leaf given department, which is the
        probability of the first candidate; calibration may weigh the two factors apart.
        """
        first = self.probabilities[:, 0]
        leaf = (first / np.maximum(self.department, _EDGE)).astype(np.float32)
        columns = (
            log_odds(first),
            self._margin(),
            self._entropy(),
            self.agreement,
            self.similarity,
            log_odds(self.department),
            log_odds(leaf),
        )
        return np.stack(columns, axis=1).astype(np.float32)

    def _margin(self) -> Floats:
        ordered = np.clip(self.probabilities, _EDGE, 1.0)
        second = ordered[:, 1] if ordered.shape[1] > 1 else np.full(len(ordered), _EDGE)
        margin: Floats = np.log(ordered[:, 0]) - np.log(second)
        return margin

    def _entropy(self) -> Floats:
        """In nats, over the candidates and all that is left beside them."""
        rest = 1.0 - self.probabilities.sum(axis=1, keepdims=True)
        shares = np.clip(np.concatenate([self.probabilities, rest], axis=1), _EDGE, 1.0)
        entropy: Floats = -(shares * np.log(shares)).sum(axis=1)
        return entropy


def log_odds(shares: Floats) -> Floats:
    """Logit of probabilities, cut off near 0 and 1."""
    inside = np.clip(shares, _EDGE, 1 - _EDGE)
    result: Floats = np.log(inside / (1 - inside))
    return result


def department_probability(departments: Ints, probabilities: Floats) -> Floats:
    """Probability of the first candidate's department, (n,).

    Args:
        departments: numbers of the candidates' departments, best first, (n, m).
        probabilities: of the candidates, (n, m), 0 where padded.
    """
    result: Floats = np.where(departments == departments[:, :1], probabilities, 0.0).sum(axis=1)
    return result


def department_numbers(categories: Iterable[Category]) -> Ints:
    """A number for the department of every category, in taxonomy order, (categories,)."""
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(category.department, len(numbers)) for category in categories]
    return np.asarray(found, dtype=np.int64)


def nearest_similarity(similarities: Floats) -> Floats:
    """Mean of the `NEAREST` highest cosines, (n,), from cosines, nearest first, (n, neighbours).

    0 where there is no labelled product at all.
    """
    if not similarities.shape[1]:
        return np.zeros(len(similarities), np.float32)
    result: Floats = similarities[:, :NEAREST].mean(axis=1)
    return result
