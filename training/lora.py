"""Adapters that train in place of a model's own weights."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.progress import Progress
from retrieval.encoder.base import Encoder
from retrieval.encoder.lora import Lora, with_lora


class LoraPart(BaseModel):
    """Adapters that train in place of the encoder's own weights (Hu et al., 2022).

    Attributes:
        targets: `auto` is every matrix of the backbone; else how their names end, such as `query`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(default=8, ge=1)
    alpha: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: Literal["auto"] | tuple[str, ...] = "auto"


def with_adapters(encoder: Encoder, part: LoraPart, progress: Progress) -> Lora:
    """Put them on, in place: from now on only they train, and the vocabulary stays as it is."""
    adapters = with_lora(encoder, part.rank, part.alpha, part.dropout, part.targets)
    progress.say(f"LoRA trains {adapters.trainable:,} parameters, {adapters.share:.1%} of full fine-tuning")
    return adapters
