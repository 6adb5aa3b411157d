"""Calibrators: from `confidence.FEATURES` to the probability that the first candidate is right.

Each is a plain record, so that a workspace keeps it as JSON; `training.calibration` fits and compares them.
"""

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import expit, log_expit

from retrieval.confidence import FEATURES, Floats

Doubles = npt.NDArray[np.float64]


class _Calibrator(BaseModel):
    """Immutable, strict about its fields; `__call__` turns features (n, `FEATURES`) into (n,)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Temperature(_Calibrator):
    """The first candidate's log odds divided by one number (after Guo et al., 2017)."""

    kind: Literal["temperature"] = "temperature"
    temperature: float = Field(gt=0)

    def __call__(self, features: Floats) -> Floats:
        return _probabilities(features[:, 0].astype(np.float64) / self.temperature)


class Beta(_Calibrator):
    """Beta calibration, eq. 4 of Kull et al. (2017): log odds = a ln p - b ln(1 - p) + c."""

    kind: Literal["beta"] = "beta"
    a: float = Field(ge=0)
    b: float = Field(ge=0)
    c: float

    def __call__(self, features: Floats) -> Floats:
        return _probabilities(beta_columns(features) @ np.asarray([self.a, self.b]) + self.c)


class Isotonic(_Calibrator):
    """Any non-decreasing curve over the first candidate's log odds (Zadrozny and Elkan, 2002).

    Attributes:
        knots, values: the curve's corners, ascending; straight between them, flat beyond.
    """

    kind: Literal["isotonic"] = "isotonic"
    knots: tuple[float, ...] = Field(min_length=1)
    values: tuple[float, ...] = Field(min_length=1)

    def __call__(self, features: Floats) -> Floats:
        return np.interp(features[:, 0], self.knots, self.values).astype(np.float32)


class Logistic(_Calibrator):
    """Logistic regression on all features."""

    kind: Literal["logistic"] = "logistic"
    weights: tuple[float, ...] = Field(min_length=len(FEATURES), max_length=len(FEATURES))
    bias: float

    def __call__(self, features: Floats) -> Floats:
        return _probabilities(features.astype(np.float64) @ np.asarray(self.weights) + self.bias)


Calibrator = Annotated[Temperature | Beta | Isotonic | Logistic, Field(discriminator="kind")]


def beta_columns(features: Floats) -> Doubles:
    """ln p and -ln(1 - p) of the first candidate, (n, 2)."""
    odds = features[:, 0].astype(np.float64)
    return np.stack([log_expit(odds), -log_expit(-odds)], axis=1)


def _probabilities(scores: Doubles) -> Floats:
    result: Floats = expit(scores).astype(np.float32)
    return result
