"""What to train and how: one strict, serialisable record, composed of parts that can be left out."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.augmentation.record import Augmentation
from training.hierarchy.settings import Hierarchy
from training.lora import LoraPart
from training.losses.record import CrossEntropy, Loss
from training.network import Network
from training.schedule import Schedule
from training.selector.settings import Selector

SourceName = Literal[
    "head", "paths", "names", "words", "neighbours", "ngram", "fasttext", "hierarchy", "network"
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EncoderPart(_Part):
    """How the encoder is fine-tuned, together with the head.

    Attributes:
        head: `cosine` starts from the label-path embeddings and stays among unit vectors; `linear` starts
            from nothing.
        scale: inverse temperature of the head.
        label_rows: each label path is a training row of its own category too.
        lora: None trains the encoder's own weights.
    """

    head: Literal["cosine", "linear"] = "cosine"
    scale: float = Field(default=20.0, gt=0)
    label_rows: bool = True
    loss: Loss = CrossEntropy(label_smoothing=0.05)
    augmentation: Augmentation | None = None
    lora: LoraPart | None = None


class NgramPart(_Part):
    """The linear model over n-grams.

    Attributes:
        max_features: most frequent n-grams kept, of words and of characters each.
        c: inverse regularisation.
    """

    max_features: int = Field(default=150_000, ge=100)
    c: float = Field(default=0.5, gt=0)


class FastTextPart(_Part):
    """fastText (Joulin et al., 2017).

    Attributes:
        characters: shortest and longest character n-grams; (0, 0) for none.
        threads: more than one is faster, and no run is like another.
    """

    epochs: int = Field(default=25, ge=1)
    learning_rate: float = Field(default=0.5, gt=0)
    characters: tuple[int, int] = (3, 5)
    threads: int = Field(default=1, ge=1)


class Recipe(_Part):
    """Settings of one training run; part of the workspace's fingerprint.

    Attributes:
        name: of the recipe that this one started from.
        sources: who recalls and scores candidates; at least one.
        encoder: `auto` (by the catalog's language), or what `retrieval.encoder.load` takes.
        fine_tuning: None leaves the encoder as it comes.
        selector: the cross-encoder that can stand in for the general expert; None trains none.
        balance: how much a category's rarity speaks for it; None lets the validation rows decide.
        validation_share: held out when the catalog comes without a split.
        cross_fit: hold nothing out: each labelled row is answered by sources that did not see it, and in the
            end all rows are learnt from. Only for an encoder as it comes, and made for few labels.
        target_accuracy: what the gate promises of accepted products.
        gate_confidence: one-sided confidence of that promise.
    """

    name: str = "best"
    sources: tuple[SourceName, ...] = Field(default=("head", "paths", "neighbours", "ngram"), min_length=1)
    encoder: str = "auto"
    max_tokens: int = Field(default=64, ge=8, le=512)
    schedule: Schedule = Schedule()
    fine_tuning: EncoderPart | None = EncoderPart()
    ngram: NgramPart = NgramPart()
    fasttext: FastTextPart = FastTextPart()
    hierarchy: Hierarchy = Hierarchy()
    network: Network = Network()
    selector: Selector | None = None
    balance: float | None = Field(default=None, ge=0, le=1)
    top_k: int = Field(default=10, ge=1)
    validation_share: float = Field(default=0.15, gt=0, lt=0.5)
    cross_fit: bool = False
    target_accuracy: float = Field(default=0.95, gt=0, lt=1)
    gate_confidence: float = Field(default=0.95, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(set(self.sources)) < len(self.sources):
            raise ValueError("`sources` names one twice")
        if "head" in self.sources and self.fine_tuning is None:
            raise ValueError("source 'head' needs `fine_tuning`")
        if self.cross_fit and self.fine_tuning is not None:
            raise ValueError("`cross_fit` needs an encoder as it comes: leave `fine_tuning` out")
        return self
