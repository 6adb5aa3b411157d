"""What to train and how: one strict, serialisable record."""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Recipe(BaseModel):
    """Settings of one training run; part of the workspace's fingerprint.

    Attributes:
        encoder: `auto` (by the catalog's language), or what `retrieval.encoder.load` takes.
        epochs: passes over the training part; None lets the catalog's size decide.
        learning_rate: peak rate of the encoder's top layer.
        head_factor: the head learns this many times faster.
        layer_decay: each lower layer group learns this factor slower.
        label_smoothing: share of the target spread evenly, against noisy labels (Szegedy et al., 2016).
        scale: inverse temperature of the cosine head.
        validation_share: held out when the catalog comes without a split.
        target_accuracy: what the gate promises of accepted products.
        gate_confidence: one-sided confidence of that promise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["fused"] = "fused"
    encoder: str = "auto"
    max_tokens: int = Field(default=64, ge=8, le=512)
    epochs: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=64, ge=2)
    learning_rate: float = Field(default=1e-4, gt=0)
    head_factor: float = Field(default=20.0, gt=0)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_share: float = Field(default=0.06, ge=0, le=1)
    label_smoothing: float = Field(default=0.05, ge=0, lt=1)
    scale: float = Field(default=20.0, gt=0)
    max_features: int = Field(default=150_000, ge=100)
    top_k: int = Field(default=10, ge=1)
    validation_share: float = Field(default=0.15, gt=0, lt=0.5)
    target_accuracy: float = Field(default=0.95, gt=0, lt=1)
    gate_confidence: float = Field(default=0.95, gt=0, lt=1)
    seed: int = 0

    def epochs_for(self, rows: int) -> int:
        """Small catalogs need more passes for enough steps; large ones learn in four."""
        return self.epochs or min(16, 4 + math.ceil(12_000 / max(1, rows)))
