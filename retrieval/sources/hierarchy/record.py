"""What the files of a hierarchy say beside its weights: strict records."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Architecture(_Record):
    """The network of DHPC section C.1; every level has one of its own, all of the same shape.

    Attributes:
        layers: layers of the backbone that are kept, from the first (section E.2.2); None keeps all.
        pooling: one vector a layer, from its first token, as in the paper, or the mean of its tokens.
        segments: tell title, description and bullets apart by segment embeddings; without it the product
            is one text.
        letters_only: read letters only, as the paper does before all else.
        knowledge_skip: how the vectors of every other layer, the last one among them, become one; None
            takes the last layer alone.
        hidden: width of the classifier's first layer; None leaves one layer only.
        batch_norm: normalise what that layer gives.
        dropout: share of it that training drops.
    """

    layers: int | None = Field(default=4, ge=1)
    pooling: Literal["cls", "mean"] = "cls"
    segments: bool = True
    letters_only: bool = True
    knowledge_skip: Literal["max", "mean", "concat"] | None = "max"
    hidden: int | None = Field(default=512, ge=1)
    batch_norm: bool = True
    dropout: float = Field(default=0.1, ge=0, lt=1)


class LevelRecord(_Record):
    """One network.

    Attributes:
        classes: that it tells apart.
        probability: `sigmoid` judges each class by itself, as the paper does; `softmax` against the others.
        temperature: of the logits (Eq. 10).
    """

    format: Literal[1] = 1
    architecture: Architecture
    classes: int = Field(ge=1)
    probability: Literal["sigmoid", "softmax"]
    temperature: float = Field(default=1.0, gt=0)


class HierarchyRecord(_Record):
    """How the levels fit together.

    Attributes:
        positions: ascending taxonomy position of each leaf class.
        departments: number of each one's department, from 0.
        networks: the leaf classes of each leaf network, as numbers in `positions`, ascending; a class in
            none of them is alone in its department, so that nothing is left to decide.
    """

    format: Literal[1] = 1
    positions: tuple[int, ...] = Field(min_length=1)
    departments: tuple[int, ...] = Field(min_length=1)
    networks: tuple[tuple[int, ...], ...]
