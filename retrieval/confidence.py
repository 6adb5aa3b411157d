"""From fused candidate probabilities to one calibrated number: is the first candidate right?"""

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Floats = npt.NDArray[np.float32]

FEATURES = ("logit of the first", "log ratio to the second", "share of sources that agree")
_EDGE = 1e-4


class Confidence(BaseModel):
    """Logistic calibration on `FEATURES` (Platt scaling with two more inputs)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: tuple[float, ...]
    bias: float

    def __call__(self, features: Floats) -> Floats:
        """Probabilities, (n,), from features, (n, 3)."""
        scores = features @ np.asarray(self.weights, dtype=np.float32) + np.float32(self.bias)
        result: Floats = (1.0 / (1.0 + np.exp(-scores))).astype(np.float32)
        return result


def confidence_features(probabilities: Floats, agreement: Floats) -> Floats:
    """Inputs of `Confidence`.

    Args:
        probabilities: of the candidates, best first, (n, m) with zeros where padded.
        agreement: share of recall sources whose own best is the first candidate, (n,).
    """
    first = np.clip(probabilities[:, 0], _EDGE, 1 - _EDGE)
    second = probabilities[:, 1] if probabilities.shape[1] > 1 else np.zeros_like(first)
    ratio = np.log(first) - np.log(np.clip(second, _EDGE, 1))
    return np.stack([np.log(first / (1 - first)), ratio, agreement], axis=1).astype(np.float32)
