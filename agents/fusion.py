"""How much the general expert's ranking counts beside the domain expert's score."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.case import Recommendation
from catalog.errors import WorkspaceError
from retrieval.choice import ChoiceModel, Floats, pad

Strategy = Literal["likelihood", "rank", "selector"]

FEATURES: Final[Mapping[Strategy, tuple[str, ...]]] = {
    "likelihood": ("domain", "log-odds against an unknown item", "log-probability a token"),
    "rank": ("domain", "rank", "first"),
    "selector": ("domain", "log-probability"),
}
# Until fitted on validation rows: likelihoods are not trusted, a ranking that was reasoned out leads, the
# selector counts as much as the domain expert.
PRIORS: Final[Mapping[Strategy, tuple[float, ...]]] = {
    "likelihood": (1.0, 0.0, 0.0),
    "rank": (0.5, -0.5, 3.0),
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
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: ChoiceModel
    rows: int
    domain_accuracy: float
    fused_accuracy: float
    kept_domain: bool


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

    def choice(self, model: str, strategy: Strategy, prompt: str) -> ChoiceModel:
        record = self.fits.get(fusion_key(model, strategy, prompt))
        return record.choice if record else unfitted(strategy)


def fusion_key(model: str, strategy: Strategy, prompt: str) -> str:
    return f"{model}|{strategy}|{prompt}"


def unfitted(strategy: Strategy) -> ChoiceModel:
    """Weights to start from when nothing was fitted."""
    return ChoiceModel(names=FEATURES[strategy], weights=PRIORS[strategy], outside=_UNFITTED_OUTSIDE)


def domain_column(recommendation: Recommendation) -> Floats:
    """Log of the domain expert's candidate probabilities, (candidates,)."""
    scores = np.asarray([c.score for c in recommendation.candidates], dtype=np.float32)
    return np.log(np.maximum(scores, _EDGE))


def fuse(choice: ChoiceModel, features: Floats) -> tuple[float, ...]:
    """Fused probabilities of one product's candidates from features (candidates, features)."""
    padded, valid = pad([features])
    return tuple(choice.probabilities(padded, valid)[0].tolist())
