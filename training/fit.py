"""Fit what turns recall into a calibrated answer, on rows that training never saw.

Everything fitted here is cross-fitted: the confidences that the gate's threshold is chosen on come from
models that did not see the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from retrieval.choice import ChoiceModel
from retrieval.index import Floats
from retrieval.recall import Recalled
from retrieval.scorer import RARITY, Imputation, Ranked, Scorer, rank
from training.calibration import fit_calibration
from training.choice import fit_choice

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDS = 5
BALANCES: Final = (0.0, 0.1, 0.2, 0.3, 0.4)
# Rows without which a prior is not touched.
_FEWEST: Final = 20
_PRIOR: Mapping[str, float] = {"neighbours": 0.2}


@dataclass(frozen=True)
class Fitted:
    """Attributes:
    scorer: fitted on all held-out rows.
    confidences: of held-out rows, each from a scorer that did not see it, (n,).
    right: whether its first candidate was right, (n,).
    positions, probabilities: of that scorer's candidates, best first, (n, k).
    """

    scorer: Scorer
    confidences: Floats
    right: Bools
    positions: Ints
    probabilities: Floats

    @property
    def first(self) -> Ints:
        """Taxonomy position of each first candidate, (n,)."""
        return self.positions[:, 0]


def fit_scorer(
    recalled: Recalled,
    truths: Sequence[frozenset[int]],
    sources: Sequence[str],
    *,
    k: int,
    seed: int,
    balance: float | None = None,
    prior: ChoiceModel | None = None,
    familiar: Bools | None = None,
) -> Fitted:
    """Fit on held-out products with their true taxonomy positions.

    Args:
        sources: names of the features.
        balance: weight of a category's rarity; None chooses among `BALANCES` what does best on cross-fitted
            rows, by the mean of weighted and macro F1.
        prior: fusion that few rows should stay near, and that too few leave as it is; None takes the weights
            of sources that learn.
        familiar: rows that the fusion may learn from, (n,); None takes all. Of the others every source that
            learns is wrong for lack of labels, which says nothing of its worth.
    """
    centre = _centre(sources) if prior is None else prior.weights[: len(sources)]
    usable = np.ones(len(truths), np.bool_) if familiar is None else familiar

    def fuse(rows: Ints) -> _Fusion:
        taken = rows[usable[rows]]
        if prior is not None and len(taken) < _FEWEST:
            return _Fusion(fit_imputation(recalled.take(rows)), prior)
        return _fuse(recalled.take(taken), _pick(truths, taken), sources, centre)

    folds = np.random.default_rng(seed).permutation(len(truths)) % FOLDS
    parts = [(np.flatnonzero(folds != f), np.flatnonzero(folds == f)) for f in range(FOLDS)]
    fusions = [fuse(inside) for inside, _ in parts]
    if balance is None:
        held_out = [outside for _, outside in parts]
        balance = _best_balance(recalled, truths, list(zip(fusions, held_out, strict=True)))
    confidences = np.zeros(len(truths), dtype=np.float32)
    right = np.zeros(len(truths), dtype=np.bool_)
    width = min(k, recalled.positions.shape[1])
    positions = np.full((len(truths), width), -1, dtype=np.int64)
    probabilities = np.zeros((len(truths), width), dtype=np.float32)
    for fusion, (inside, outside) in zip(fusions, parts, strict=True):
        seen = recalled.take(inside)
        scorer = _calibrated(fusion.with_balance(balance), seen, _pick(truths, inside), k, seed)
        ranked = scorer.rank(recalled.take(outside), k)
        confidences[outside] = scorer.confidences(ranked)
        positions[outside], probabilities[outside] = ranked.positions, ranked.probabilities
        right[outside] = first_right(ranked, _pick(truths, outside))
    whole = fuse(np.arange(len(truths))).with_balance(balance)
    scorer = _calibrated(whole, recalled, truths, k, seed)
    return Fitted(scorer, confidences, right, positions, probabilities)


def apply_scorer(scorer: Scorer, recalled: Recalled, truths: Sequence[frozenset[int]], k: int) -> Fitted:
    """A scorer that was fitted on none of these rows, and what it says of them."""
    ranked = scorer.rank(recalled, k)
    right = first_right(ranked, truths)
    return Fitted(scorer, scorer.confidences(ranked), right, ranked.positions, ranked.probabilities)


@dataclass(frozen=True)
class _Fusion:
    imputation: Imputation
    choice: ChoiceModel

    def with_balance(self, balance: float) -> "_Fusion":
        weights = (*self.choice.weights[:-1], balance)
        return _Fusion(self.imputation, self.choice.model_copy(update={"weights": weights}))

    def first(self, recalled: Recalled) -> Ints:
        """Position of each first candidate, (n,)."""
        return rank(recalled, self.imputation, self.choice, 1).positions[:, 0]


def _best_balance(
    recalled: Recalled, truths: Sequence[frozenset[int]], fusions: Sequence[tuple[_Fusion, Ints]]
) -> float:
    def score(balance: float) -> float:
        found = np.zeros(len(truths), dtype=np.int64)
        for fusion, outside in fusions:
            found[outside] = fusion.with_balance(balance).first(recalled.take(outside))
        return _mean_f1(found, truths)

    return max(BALANCES, key=score)


def _mean_f1(found: Ints, truths: Sequence[frozenset[int]]) -> float:
    """Mean of weighted and macro F1; a product with several right categories counts under the one found."""
    labels = [f if f in truth else min(truth) for f, truth in zip(found.tolist(), truths, strict=True)]
    present = np.unique(labels)
    kinds = ("weighted", "macro")
    scores = [f1_score(labels, found, labels=present, average=kind, zero_division=0) for kind in kinds]
    return float(np.mean(scores))


def _centre(sources: Sequence[str]) -> list[float]:
    return [1.0 if len(sources) == 1 else _PRIOR.get(name, 0.5) for name in sources]


def _fuse(
    recalled: Recalled, truths: Sequence[frozenset[int]], sources: Sequence[str], prior: Sequence[float]
) -> _Fusion:
    """Fusion weights by maximum likelihood; rarity has none yet."""
    imputation = fit_imputation(recalled)
    right = membership(recalled.positions, truths)
    features = imputation(recalled.features, recalled.cosines)
    choice = fit_choice(sources, features, recalled.valid, right, prior=prior)
    named = {"names": (*choice.names, RARITY), "weights": (*choice.weights, 0.0)}
    return _Fusion(imputation, choice.model_copy(update=named))


def _calibrated(
    fusion: _Fusion, recalled: Recalled, truths: Sequence[frozenset[int]], k: int, seed: int
) -> Scorer:
    ranked = rank(recalled, fusion.imputation, fusion.choice, k)
    calibration = fit_calibration(ranked.signals.features(), first_right(ranked, truths), seed=seed)
    return Scorer(imputation=fusion.imputation, choice=fusion.choice, confidence=calibration.calibrator)


def _pick(truths: Sequence[frozenset[int]], rows: Ints) -> list[frozenset[int]]:
    return [truths[i] for i in rows.tolist()]


def membership(positions: Ints, truths: Sequence[frozenset[int]]) -> Bools:
    """Which candidates are right, in the shape of `positions`."""
    return np.asarray(
        [[p in truth for p in row] for row, truth in zip(positions.tolist(), truths, strict=True)]
    )


def first_right(ranked: Ranked, truths: Sequence[frozenset[int]]) -> Bools:
    """Whether each first candidate is right, (n,)."""
    return membership(ranked.positions[:, :1], truths)[:, 0]


def fit_imputation(recalled: Recalled) -> Imputation:
    """Least squares of each source's score on the cosine to the label path, over known candidates."""
    lines = [_line(recalled, source) for source in range(recalled.features.shape[-1])]
    return Imputation(slopes=tuple(a for a, _ in lines), intercepts=tuple(b for _, b in lines))


def _line(recalled: Recalled, source: int) -> tuple[float, float]:
    cosines, scores = recalled.cosines, recalled.features[..., source]
    known = recalled.valid & ~np.isnan(scores)
    if known.sum() < 2 or np.ptp(cosines[known]) == 0:
        return 0.0, float(scores[known].mean()) if known.any() else 0.0
    slope, intercept = np.polyfit(cosines[known].astype(np.float64), scores[known].astype(np.float64), 1)
    return float(slope), float(intercept)
