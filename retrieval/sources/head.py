"""The classifier head: a softmax over product vectors.

With unit rows it is a cosine classifier in the same space as products and label paths: it starts from
the label-path embeddings and is trained with them, so that a category without any training product is
one more vector, not another head.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from retrieval.sources.base import Answer, ClassScores, Queries

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Head:
    """Linear classifier over unit vectors.

    Args:
        weights: (classes, dim); unit rows make the scores cosines.
        bias: (classes,), carries the class prior.
        scale: inverse temperature.
        positions: ascending taxonomy position of each class.
    """

    def __init__(self, weights: Floats, bias: Floats, scale: float, positions: Ints) -> None:
        self.weights = weights
        self.bias = bias
        self.scale = scale
        self.positions = positions

    def log_probabilities(self, vectors: Floats) -> Floats:
        """Log-softmax over the classes, (n, classes), for unit vectors (n, dim)."""
        return log_softmax(np.float32(self.scale) * (vectors @ self.weights.T) + self.bias)

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(self.log_probabilities(queries.vectors), self.positions)

    def save(self, path: Path) -> None:
        save_file(
            {
                "weights": self.weights,
                "bias": self.bias,
                "positions": self.positions,
                "scale": np.asarray([self.scale], dtype=np.float32),
            },
            path,
        )

    @classmethod
    def load(cls, path: Path) -> "Head":
        arrays = load_file(path)
        return cls(arrays["weights"], arrays["bias"], float(arrays["scale"][0]), arrays["positions"])


def log_softmax(scores: Floats) -> Floats:
    """Row-wise log-softmax of (n, classes)."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
