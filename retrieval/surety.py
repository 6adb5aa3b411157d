"""How sure both experts are together: from fused probabilities to the confidence of a verdict."""

from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from scipy.special import expit

from retrieval.confidence import log_odds

Floats = npt.NDArray[np.float32]

SURETY: Final = ("fused log odds", "domain expert's log odds", "both name the same", "constant")


class Surety(BaseModel):
    """Logistic regression on what tells whether the most probable candidate is right.

    Attributes:
        weights: of `SURETY`, in order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    weights: tuple[float, float, float, float]

    def __call__(self, columns: Floats) -> Floats:
        """Probabilities (n,) from columns (n, `SURETY`)."""
        result: Floats = expit(columns @ np.asarray(self.weights)).astype(np.float32)
        return result


AS_FUSED: Final = Surety(weights=(1.0, 0.0, 0.0, 0.0))
"""Leaves the fused probability as it is."""


def surety_columns(probabilities: Floats, confidences: Floats) -> Floats:
    """Inputs of a `Surety`, (n, `SURETY`).

    Args:
        probabilities: fused, in the domain expert's order, (n, m) with zeros where padded.
        confidences: the domain expert's calibrated confidence in its own first, (n,).
    """
    same = probabilities.argmax(axis=1) == 0
    columns = [
        log_odds(probabilities.max(axis=1)),
        np.where(same, log_odds(confidences), 0.0),
        same,
        np.ones(len(same)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)
