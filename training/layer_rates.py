"""How fast each layer of an encoder learns."""

from typing import Any

from retrieval.encoder.base import Encoder
from training.schedule import Schedule


def encoder_groups(encoder: Encoder, schedule: Schedule) -> list[dict[str, Any]]:
    """Optimizer groups of all its parameters, from bottom to top: each layer `layer_decay` slower than the
    one above it (Howard and Ruder, 2018)."""
    layers = encoder.layer_groups()
    rate, decay = schedule.learning_rate, schedule.layer_decay
    return [
        {"params": list(layer), "lr": rate * decay ** (len(layers) - 1 - depth)}
        for depth, layer in enumerate(layers)
    ]
