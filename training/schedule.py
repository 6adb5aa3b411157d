"""How long and how fast a torch model learns."""

import math

from pydantic import BaseModel, ConfigDict, Field

from training.loop import LoopSettings


class Schedule(BaseModel):
    """Attributes:
    epochs: passes over the training part; None lets the catalog's size decide.
    learning_rate: peak rate of the encoder's top layer.
    head_factor: what starts from nothing learns this many times faster.
    layer_decay: each lower layer group learns this factor slower (Howard and Ruder, 2018).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=64, ge=2)
    learning_rate: float = Field(default=2e-4, gt=0)
    head_factor: float = Field(default=20.0, gt=0)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_share: float = Field(default=0.06, ge=0, le=1)

    def epochs_for(self, rows: int) -> int:
        """Small catalogs need more passes for enough steps; large ones learn in three."""
        return self.epochs or min(16, 2 + math.ceil(20_000 / max(1, rows)))

    def loop(self, rows: int, seed: int) -> LoopSettings:
        """Of a loop over `rows` rows an epoch."""
        return LoopSettings(
            rows=rows,
            epochs=self.epochs_for(rows),
            batch_size=self.batch_size,
            warmup_share=self.warmup_share,
            weight_decay=self.weight_decay,
            seed=seed,
        )
