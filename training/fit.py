"""Fit what turns recall into a calibrated answer, on rows that training never saw.

Everything fitted here is cross-fitted: the confidences that the gate's threshold is chosen on come from
models that did not see the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from retrieval.confidence import Confidence, confidence_features
from retrieval.index import Floats
from retrieval.recall import PATHS, SOURCES, Recalled
from retrieval.scorer import Imputation, Ranked, Scorer, rank
from training.choice import fit_choice

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDS = 5
_PRIOR = (0.5, 0.5, 0.2, 0.5)


@dataclass(frozen=True)
class Fitted:
    """Attributes:
    scorer: fitted on all held-out rows.
    confidences: of held-out rows, each from a scorer that did not see it, (n,).
    right: whether that scorer's first candidate was right, (n,).
    """

    scorer: Scorer
    confidences: Floats
    right: Bools


def fit_scorer(recalled: Recalled, truths: Sequence[frozenset[int]], *, k: int, seed: int) -> Fitted:
    """Fit on held-out products with their true taxonomy positions."""
    folds = np.random.default_rng(seed).permutation(len(truths)) % FOLDS
    confidences = np.zeros(len(truths), dtype=np.float32)
    right = np.zeros(len(truths), dtype=np.bool_)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        scorer = _fit(take(recalled, inside), [truths[int(i)] for i in inside], k)
        ranked = scorer.rank(take(recalled, outside), k)
        confidences[outside] = scorer.confidences(ranked)
        right[outside] = first_right(ranked, [truths[int(i)] for i in outside])
    return Fitted(_fit(recalled, truths, k), confidences, right)


def take(recalled: Recalled, rows: Ints) -> Recalled:
    """The chosen rows of a chunk."""
    return Recalled(
        recalled.positions[rows],
        recalled.features[rows],
        recalled.recalled[rows],
        recalled.neighbours[rows],
        recalled.similarities[rows],
    )


def membership(positions: Ints, truths: Sequence[frozenset[int]]) -> Bools:
    """Which candidates are right, in the shape of `positions`."""
    return np.asarray(
        [[p in truth for p in row] for row, truth in zip(positions.tolist(), truths, strict=True)]
    )


def first_right(ranked: Ranked, truths: Sequence[frozenset[int]]) -> Bools:
    """Whether each first candidate is right, (n,)."""
    return membership(ranked.positions[:, :1], truths)[:, 0]


def _fit(recalled: Recalled, truths: Sequence[frozenset[int]], k: int) -> Scorer:
    imputation = fit_imputation(recalled)
    features = imputation(recalled.features)
    right = membership(recalled.positions, truths)
    choice = fit_choice(SOURCES, features, recalled.valid, right, prior=_PRIOR)
    ranked = rank(recalled, imputation, choice, k)
    return Scorer(imputation=imputation, choice=choice, confidence=_fit_confidence(ranked, truths))


def fit_imputation(recalled: Recalled) -> Imputation:
    """Least squares of each source's score on the cosine to the label path, over known candidates."""
    lines = [_line(recalled, source) for source in range(len(SOURCES))]
    return Imputation(slopes=tuple(a for a, _ in lines), intercepts=tuple(b for _, b in lines))


def _line(recalled: Recalled, source: int) -> tuple[float, float]:
    cosines, scores = recalled.features[..., PATHS], recalled.features[..., source]
    known = recalled.valid & ~np.isnan(scores)
    if known.sum() < 2 or np.ptp(cosines[known]) == 0:
        return 0.0, float(scores[known].mean()) if known.any() else 0.0
    slope, intercept = np.polyfit(cosines[known].astype(np.float64), scores[known].astype(np.float64), 1)
    return float(slope), float(intercept)


def _fit_confidence(ranked: Ranked, truths: Sequence[frozenset[int]]) -> Confidence:
    right = first_right(ranked, truths)
    if right.all() or not right.any():
        # One outcome only: keep the fused probability as it is, pulled by a single made-up row each way.
        return Confidence(weights=(1.0, 0.0, 0.0), bias=0.0)
    features = confidence_features(ranked.probabilities, ranked.agreement)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(features, right)
    return Confidence(weights=tuple(map(float, model.coef_[0])), bias=float(model.intercept_[0]))
