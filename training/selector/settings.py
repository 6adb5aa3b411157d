"""What the selector learns from, and how."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from training.lora import LoraPart
from training.schedule import Schedule


class Selector(BaseModel):
    """The cross-encoder over (product, category) pairs that can stand in for the general expert.

    Attributes:
        start: weights it begins with: the encoder as it comes, or as the domain expert's training left it, or
            the language model that `train` is given.
        lora: None trains the model's own weights.
        least_sure: share of the training products, those that the out-of-fold domain expert is least sure
            of: what the gate will send.
        products: most of them to learn from, drawn at random; bounds the time on large catalogs.
        candidates: a product; those of the out-of-fold domain expert.
        evidence: nearest labelled products of a candidate that are shown beside its path.
        folds: models that make the candidates, each without the products that it answers for.
        max_features: n-grams of these models, of words and of characters each.
        max_tokens: of a pair.
        schedule: of the cross-encoder; its batches count products.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: Literal["pretrained", "fine-tuned", "language-model"] = "fine-tuned"
    lora: LoraPart | None = None
    least_sure: float = Field(default=0.5, gt=0, le=1)
    products: int = Field(default=6_000, ge=20)
    candidates: int = Field(default=6, ge=2)
    evidence: int = Field(default=2, ge=0)
    folds: int = Field(default=3, ge=2)
    max_features: int = Field(default=40_000, ge=100)
    max_tokens: int = Field(default=96, ge=16)
    schedule: Schedule = Schedule(epochs=2, batch_size=8, learning_rate=5e-5)
