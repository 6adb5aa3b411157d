"""How much the general expert's ranking counts beside the domain expert's score, and how sure both are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.case import Recommendation
from catalog.errors import WorkspaceError
from retrieval.choice import ChoiceModel, Floats, pad
from retrieval.surety import AS_FUSED, Surety

Kind = Literal["choose", "rank", "likelihood", "selector"]

# "none of these" is the same for all candidates of a case, so its weight moves them all against the outside
# option.
FEATURES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "choose": ("domain", "chosen", "none of these"),
    "rank": ("domain", "rank", "first", "none of these"),
    "likelihood": ("domain", "log-odds against content-free items", "log-probability a token"),
    "selector": ("domain", "log-probability"),
}
# Until fitted on validation rows: likelihoods are not trusted, an answer that was reasoned out leads, the
# selector counts as much as the domain expert.
PRIORS: Final[Mapping[Kind, tuple[float, ...]]] = {
    "choose": (0.5, 3.0, -2.0),
    "rank": (0.5, -0.5, 3.0, -2.0),
    "likelihood": (1.0, 0.0, 0.0),
    "selector": (0.5, 0.5),
}
_UNFITTED_OUTSIDE = -3.0
_EDGE = 1e-6


class FusionRecord(BaseModel):
    """One fit and the grounds for it.

    Attributes:
        choice: the weights in use.
        rows: validation rows it was fitted on.
        domain_accuracy: of the domain expert alone on these rows.
        fused_accuracy: of both, cross-fitted.
        kept_domain: the fit did not help on cross-fitted rows, so the domain expert is trusted alone.
        surety: calibrates the confidence of what was fused.
        ece_fused, ece: expected calibration error of the confidence before and after calibration, both on
            rows that neither fit saw; None in records that did not measure it.
        asked_again: near ties among these rows that were asked again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: ChoiceModel
    rows: int
    domain_accuracy: float
    fused_accuracy: float
    kept_domain: bool
    surety: Surety = AS_FUSED
    ece_fused: float | None = None
    ece: float | None = None
    asked_again: int = 0


class Fusions(BaseModel):
    """Contents of `general.json`: fits by model, strategy and prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fits: Mapping[str, FusionRecord] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Fusions":
        """Read `general.json`; none fitted yet when it is not there."""
        if not path.is_file():
            return cls()
        try:
            return cls.model_validate_json(path.read_text("utf-8"))
        except ValidationError as error:
            raise WorkspaceError(
                f"`{path}` is damaged: {error}", fix="Run `dual-expert tune` again."
            ) from error

    def of(self, key: str, kind: Kind) -> tuple[ChoiceModel, Surety]:
        """What was fitted under a key; the start of all fits where nothing was, or on other features."""
        record = self.fits.get(key)
        if record is None or record.choice.names != FEATURES[kind]:
            return unfitted(kind), AS_FUSED
        return record.choice, record.surety


def fusion_key(model: str, strategy: str, prompt: str) -> str:
    return f"{model}|{strategy}|{prompt}"


def unfitted(kind: Kind) -> ChoiceModel:
    """Weights to start from when nothing was fitted."""
    return ChoiceModel(names=FEATURES[kind], weights=PRIORS[kind], outside=_UNFITTED_OUTSIDE)


def domain_column(recommendation: Recommendation) -> Floats:
    """Log of the domain expert's candidate probabilities, (candidates,)."""
    scores = np.asarray([c.score for c in recommendation.candidates], dtype=np.float32)
    return np.log(np.maximum(scores, _EDGE))


def fuse(choice: ChoiceModel, features: Floats) -> tuple[float, ...]:
    """Fused probabilities of one product's candidates from features (candidates, features)."""
    padded, valid = pad([features])
    return tuple(choice.probabilities(padded, valid)[0].tolist())
