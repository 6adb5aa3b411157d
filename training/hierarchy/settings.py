"""What a recipe says about DHPC: strict records, every part of which can be switched off."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from retrieval.sources.hierarchy.record import Architecture
from training.augmentation.record import LabelSemantics
from training.losses.record import BinaryCrossEntropy, Loss
from training.resampling import Resampling


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelSettings(_Part):
    """How one level learns.

    Attributes:
        loss: a binary one judges each class by itself, as the paper does; another one takes them together.
        resampling: rows of an epoch, always drawn by leaf (section C); None takes all.
        augmentation: shuffled titles with the label's name, of a department or of a leaf (section D.4).
    """

    loss: Loss
    resampling: Resampling | None
    augmentation: LabelSemantics | None = LabelSemantics()


class Hierarchy(_Part):
    """DHPC, with the best values of its section E.2; where it prints none, ours.

    Attributes:
        leaf_networks: `separate` trains a network for the leaves of each department, as the paper does:
            with many departments that is a lot of memory and time per product. `shared` has one backbone
            for all of them, and a classifier that decides among the leaves of one department.
    """

    architecture: Architecture = Architecture()
    leaf_networks: Literal["shared", "separate"] = "shared"
    # Negative sampling hurts the departments (Table 13).
    department: LevelSettings = LevelSettings(
        loss=BinaryCrossEntropy(beta=0.9, epsilon=0.9), resampling=Resampling(most=500)
    )
    leaf: LevelSettings = LevelSettings(
        loss=BinaryCrossEntropy(beta=0.9, sigma=0.7, epsilon=0.9), resampling=Resampling(most=5000)
    )
