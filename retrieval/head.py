"""The classifier head: one unit vector a category, in the same space as products and label paths.

It starts from the label-path embeddings and is trained with them, so that a category without any
training product is one more vector, not another head.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Head:
    """Cosine classifier.

    Args:
        weights: unit rows, (classes, dim).
        bias: (classes,), carries the class prior.
        scale: inverse temperature of the cosines.
        positions: taxonomy position of each class.
    """

    def __init__(self, weights: Floats, bias: Floats, scale: float, positions: Ints) -> None:
        self.weights = weights
        self.bias = bias
        self.scale = scale
        self.positions = positions

    def log_probabilities(self, vectors: Floats) -> Floats:
        """Log-softmax over the classes, (n, classes), for unit vectors (n, dim)."""
        return log_softmax(np.float32(self.scale) * (vectors @ self.weights.T) + self.bias)

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
