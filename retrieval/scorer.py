"""The domain expert's arithmetic after recall: impute, fuse, rank, calibrate; arrays only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from retrieval.calibrator import Calibrator
from retrieval.choice import ChoiceModel
from retrieval.confidence import Signals, department_probability, nearest_similarity
from retrieval.index import Floats, Positions
from retrieval.recall import Recalled, reserved_seats

Bools = npt.NDArray[np.bool_]

RARITY = "rarity"
# Fewer labelled products than this say nothing about how rare a category is.
FEW_PRODUCTS = 10
# A category without labelled products is seated when its label path is at most so much farther than the
# nearest one. Chosen on half of the categories left out of `bigbasket_en`: .1 finds fewer of them, and
# without a limit the other categories lose more.
REACH = 0.2


class Imputation(BaseModel):
    """What a source would say of a category it does not know, guessed from the cosine to the label path.

    Without it a category that is new, or had no training product, could never outrank a known one.

    Attributes:
        slopes, intercepts: one a source.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    def __call__(self, features: Floats, cosines: Floats) -> Floats:
        """Features without gaps, (n, m, sources).

        Args:
            features: NaN where a source does not know the category, (n, m, sources).
            cosines: of product and label path, (n, m).
        """
        guessed = cosines[..., None] * np.asarray(self.slopes, np.float32) + np.asarray(
            self.intercepts, np.float32
        )
        result: Floats = np.where(np.isnan(features), guessed, features)
        return result


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates of n products, best first.

    Attributes:
        positions: (n, k), -1 where padded.
        probabilities: (n, k), 0 where padded.
        recalled: which sources recalled each, (n, k, sources).
        signals: what tells whether the first is right.
    """

    positions: Positions
    probabilities: Floats
    recalled: Bools
    signals: Signals


class Scorer(BaseModel):
    """Fitted on held-out rows; stored as `scorer.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    imputation: Imputation
    choice: ChoiceModel
    confidence: Calibrator

    def rank(self, recalled: Recalled, k: int) -> Ranked:
        """The `k` best candidates of each product by fused probability."""
        return rank(recalled, self.imputation, self.choice, k)

    def confidences(self, ranked: Ranked) -> Floats:
        """Calibrated probability that each first candidate is right, (n,)."""
        return self.confidence(ranked.signals.features())


def rank(recalled: Recalled, imputation: Imputation, choice: ChoiceModel, k: int) -> Ranked:
    """Order candidates by fused probability; ties by taxonomy position, so that runs repeat.

    Args:
        choice: over the sources' features and, last, `RARITY`: minus the log of a category's labelled
            products (logit adjustment, Menon et al., 2021, Eq. 9).
    """
    features = imputation(recalled.features, recalled.cosines)
    rarity = -np.log(np.maximum(recalled.counts, FEW_PRODUCTS), dtype=np.float32)[..., None]
    probabilities = choice.probabilities(np.concatenate([features, rarity], axis=-1), recalled.valid)
    by_probability = np.lexsort((recalled.positions, -probabilities), axis=1)
    order = _seats(by_probability, recalled.counts == 0, _reserved(recalled, k), k)
    seated = np.take_along_axis(probabilities, order, axis=1)
    departments = np.take_along_axis(recalled.departments, order, axis=1)
    own_best = np.where(recalled.valid[..., None], features, -np.inf).argmax(axis=1)
    return Ranked(
        positions=np.take_along_axis(recalled.positions, order, axis=1),
        probabilities=seated,
        recalled=np.take_along_axis(recalled.recalled, order[:, :, None], axis=1),
        signals=Signals(
            probabilities=seated,
            agreement=(own_best == order[:, :1]).mean(axis=1).astype(np.float32),
            similarity=nearest_similarity(recalled.similarities),
            department=department_probability(departments, seated),
        ),
    )


def _reserved(recalled: Recalled, k: int) -> Bools:
    """Columns with a seat of their own, (n, m): categories without labelled products whose label path lies
    about as near as that of any other.

    The sources were never taught them, so their scores alone would keep them out of the list.
    """
    untrained = recalled.valid & (recalled.counts == 0)
    trained = recalled.valid & ~untrained
    nearest = np.where(trained, recalled.cosines, -1.0).max(axis=1, keepdims=True)
    near = untrained & (recalled.cosines >= nearest - REACH)
    order = np.argsort(np.where(near, -recalled.cosines, np.inf), axis=1, kind="stable")
    chosen = np.zeros(near.shape, np.bool_)
    np.put_along_axis(chosen, order[:, : reserved_seats(k)], True, axis=1)
    chosen &= near
    return chosen


def _seats(order: Positions, novel: Bools, reserved: Bools, k: int) -> Positions:
    """The first `k` of an order, (n, k); categories without labelled products only among its first half.

    They are many and their scores are guesses: without this they crowd out what the sources know.

    Args:
        order: columns, best first, (n, m).
        novel: whether a column is such a category, (n, m).
        reserved: whether it has a seat of its own all the same, (n, m).
    """
    sure = np.take_along_axis(reserved, order, axis=1)
    behind = np.take_along_axis(novel, order, axis=1) & (np.arange(order.shape[1]) >= (k + 1) // 2)
    kept = np.argsort(np.where(sure, -1, behind), axis=1, kind="stable")[:, :k]
    # Back in the given order, so that the list still falls.
    seats: Positions = np.take_along_axis(order, np.sort(kept, axis=1), axis=1)
    return seats
