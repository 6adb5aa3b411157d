"""Drawn worlds whose truth is known: scores, how right products of each score are, and samples of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import beta

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_POINTS = 20_000


@dataclass(frozen=True)
class World:
    """A population of `_POINTS` equally frequent kinds of products, sorted by score.

    Attributes:
        scores: ascending, (points,).
        accuracies: chance that a product of this kind is right, (points,).
    """

    scores: Doubles
    accuracies: Doubles

    def sample(self, rows: int, rng: np.random.Generator) -> tuple[Doubles, Bools]:
        """Scores and whether they are right, (rows,) each."""
        picked = rng.integers(len(self.scores), size=rows)
        return self.scores[picked], rng.random(rows) < self.accuracies[picked]

    def accepted(self, threshold: float) -> tuple[float, float]:
        """True coverage of a threshold and true accuracy of what it accepts; 1 where it accepts nothing."""
        place = int(np.searchsorted(self.scores, threshold, side="left"))
        share = 1 - place / len(self.scores)
        return share, float(self.accuracies[place:].mean()) if share else 1.0


def _scores(rng: np.random.Generator) -> Doubles:
    """Most products sure, a tail unsure; between 72% and 92% right if scores are true."""
    mean, weight = rng.uniform(0.72, 0.92), rng.uniform(1.5, 5.0)
    points = (np.arange(_POINTS) + 0.5) / _POINTS
    drawn: Doubles = np.clip(beta.ppf(points, mean * weight, (1 - mean) * weight), 1e-6, 1 - 1e-6)
    return drawn


def calibrated(rng: np.random.Generator, target: float) -> World:
    """Scores mean what they say."""
    del target
    scores = _scores(rng)
    return World(scores, scores)


def overconfident(rng: np.random.Generator, target: float) -> World:
    """Scores are too high, as a network's are before calibration."""
    del target
    scores = _scores(rng)
    return World(scores, expit(rng.uniform(0.4, 0.9) * logit(scores) + rng.uniform(-0.5, 0.5)))


def dented(rng: np.random.Generator, target: float) -> World:
    """A stretch of sure products is wrong more often than less sure ones, as where labels contradict."""
    del target
    scores = _scores(rng)
    start, width = rng.uniform(0.5, 0.95), rng.uniform(0.05, 0.25)
    inside = (np.arange(_POINTS) / _POINTS > start) & (np.arange(_POINTS) / _POINTS < start + width)
    return World(scores, np.where(inside, scores * rng.uniform(0.8, 0.97), scores))


def flat(rng: np.random.Generator, target: float) -> World:
    """Scores say nothing and all is a little worse than promised: to open at all breaks the promise."""
    return World(_scores(rng), np.full(_POINTS, target - rng.uniform(0.0, 0.02)))


def coarse(rng: np.random.Generator, target: float) -> World:
    """Few distinct scores, each nearly what it says."""
    del target
    exact = _scores(rng)
    return World(np.round(exact, 2), expit(logit(exact) + rng.normal(0.0, 0.3)))


MODELS: Final[Mapping[str, Callable[[np.random.Generator, float], World]]] = {
    "calibrated": calibrated,
    "overconfident": overconfident,
    "dented": dented,
    "coarse": coarse,
    "flat": flat,
}
