"""What a recipe says about its loss: strict records, told apart by `kind`; `build` turns one into a function.

A `gate` is T_gate of both papers (DHPC Eq. 7, dual-expert Eq. 3) as a share of the run's steps: what it
guards is off before it and on from it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InverseFrequency(_Part):
    """α_k ∝ count_k^-power: 1 balances the classes, 0 changes nothing, between them tempers."""

    kind: Literal["inverse_frequency"] = "inverse_frequency"
    power: float = Field(default=1.0, ge=0)


class EffectiveNumber(_Part):
    """α_k ∝ (1 - beta) / (1 - beta^count_k) (Cui et al., 2019): more rows of a class add less and less."""

    kind: Literal["effective_number"] = "effective_number"
    beta: float = Field(default=0.999, ge=0, lt=1)


Weighting = Annotated[InverseFrequency | EffectiveNumber, Field(discriminator="kind")]


class CrossEntropy(_Part):
    """Softmax cross-entropy.

    Attributes:
        label_smoothing: share of the target spread evenly over the classes (DHPC Eq. 9).
        weighting: weights of the classes; None for none.
    """

    kind: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    weighting: Weighting | None = None


class Focal(_Part):
    """Focal loss (dual-expert Eq. 1): phase 1 of its training.

    Attributes:
        gamma: how much rows that are already right are played down; 0 is cross-entropy.
        weighting: where α_k comes from; None for α_k = 1.
    """

    kind: Literal["focal"] = "focal"
    gamma: float = Field(default=2.0, ge=0)
    weighting: Weighting | None = None


class Bootstrap(_Part):
    """Soft bootstrapping over a softmax (Reed et al., 2014): the target is β p + (1 - β) q.

    Attributes:
        beta: share of the given label in the target; 1 is cross-entropy.
    """

    kind: Literal["bootstrap"] = "bootstrap"
    beta: Share = 0.9
    gate: Share = 0.0


class BinaryCrossEntropy(_Part):
    """DHPC's loss over independent sigmoids (Eq. 5), each of its parts off by default.

    Attributes:
        beta: share of the given label against the model's own belief (Eq. 6, dual-expert Eq. 2); 1 is off.
        gate: before it β is 1 (Eq. 7).
        sigma: share of the negative classes that a step looks at (Eq. 8); None leaves Eq. 6 as it is.
        epsilon: temperature of the sigmoids (Eq. 10); 1 is off.
        early_epsilon: temperature before `epsilon_gate`; above 1 it explores.
    """

    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    beta: Share = 1.0
    gate: Share = 0.0
    sigma: float | None = Field(default=None, gt=0, le=1)
    epsilon: float = Field(default=1.0, ge=0.1)
    early_epsilon: float = Field(default=1.0, ge=0.1)
    epsilon_gate: Share = 0.0


class LogitAdjustment(_Part):
    """Cross-entropy of logits + tau log prior (Menon et al., 2021, Eq. 10).

    The logits themselves, without the prior, then rank for balanced accuracy.

    Attributes:
        tau: 0 is cross-entropy, 1 aims at the mean of the classes' recalls.
        label_smoothing: as in `CrossEntropy`.
    """

    kind: Literal["logit_adjustment"] = "logit_adjustment"
    tau: float = Field(default=1.0, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)


class SupervisedContrastive(_Part):
    """Pulls a batch's vectors of one class together, away from its others (Khosla et al., 2020, Eq. 2).

    It leaves the head untrained: use it in a `WeightedSum`.
    """

    kind: Literal["supervised_contrastive"] = "supervised_contrastive"
    temperature: float = Field(default=0.1, ge=0.01)


SingleLoss = Annotated[
    CrossEntropy | Focal | Bootstrap | BinaryCrossEntropy | LogitAdjustment | SupervisedContrastive,
    Field(discriminator="kind"),
]


class Term(_Part):
    """One loss in a sum."""

    loss: SingleLoss
    weight: float = Field(default=1.0, gt=0)


class WeightedSum(_Part):
    """Several losses at once."""

    kind: Literal["weighted_sum"] = "weighted_sum"
    terms: tuple[Term, ...] = Field(min_length=1)


OnePhase = Annotated[SingleLoss | WeightedSum, Field(discriminator="kind")]


class TwoPhases(_Part):
    """One loss, then another (dual-expert 3.1.2: focal to explore, bootstrap to settle).

    Attributes:
        switch: share of the run's steps after which `second` takes over; gates stay shares of the whole run.
    """

    kind: Literal["two_phases"] = "two_phases"
    first: OnePhase
    second: OnePhase
    switch: Share = 0.5


Loss = Annotated[OnePhase | TwoPhases, Field(discriminator="kind")]
