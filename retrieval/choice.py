"""One score from many: a conditional logit over candidates with an outside option.

P(candidate i) = exp(w·f_i) / (exp(b) + Σ_j exp(w·f_j)); the outside option b takes the probability
that none of the candidates is right (McFadden, 1974). Both experts' scores are fused with it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


class ChoiceModel(BaseModel):
    """Fitted weights.

    Attributes:
        names: what each feature is, in order.
        weights: one a feature.
        outside: score of "none of these".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...]
    weights: tuple[float, ...]
    outside: float

    def probabilities(self, features: Floats, valid: Bools) -> Floats:
        """Probability of each candidate.

        Args:
            features: (products, candidates, features).
            valid: (products, candidates); False where a row is padded.

        Returns:
            (products, candidates); 0 where not valid; a row sums to 1 minus the outside option's share.
        """
        scores = features @ np.asarray(self.weights, dtype=np.float32)
        scores = np.where(valid, scores, -np.inf)
        peak = np.maximum(scores.max(axis=1, initial=-np.inf), self.outside)[:, None]
        exponentials = np.exp(scores - peak)
        total = exponentials.sum(axis=1, keepdims=True) + np.exp(self.outside - peak)
        result: Floats = (exponentials / total).astype(np.float32)
        return result


def pad(rows: Sequence[npt.NDArray[np.float32]]) -> tuple[Floats, Bools]:
    """Stack (candidates, features) arrays of different lengths; returns features and their validity."""
    width = max((len(row) for row in rows), default=0)
    size = rows[0].shape[1] if rows else 0
    features = np.zeros((len(rows), width, size), dtype=np.float32)
    valid = np.zeros((len(rows), width), dtype=np.bool_)
    for i, row in enumerate(rows):
        features[i, : len(row)] = row
        valid[i, : len(row)] = True
    return features, valid
