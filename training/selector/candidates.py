"""What the domain expert would recommend for training rows, had it not seen them.

A selector that learns from the candidates of a model trained on the same rows learns to trust it: there the
first candidate is nearly always right. So the rows are divided into folds, near-duplicates together, and a
cheap domain expert without fine-tuning (label paths, neighbours, n-grams) answers for each fold after
training on the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from catalog.groups import KEPT
from catalog.progress import Progress
from catalog.split import k_folds
from retrieval.index import Floats, VectorIndex
from retrieval.recall import Recall
from retrieval.sources.base import Source
from retrieval.sources.neighbours import NeighbourSource
from retrieval.sources.ngram import NgramClassifier
from retrieval.sources.paths import PathSource
from training.fit import fit_scorer
from training.rows import LabelledRows
from training.selector.settings import Selector

Ints = npt.NDArray[np.int64]
Item = TypeVar("Item")


@dataclass(frozen=True)
class OutOfFold:
    """Recommendations for m training rows.

    Attributes:
        rows: (m,), without those that no fold may hold out.
        positions: taxonomy positions of the candidates, best first, (m, candidates), -1 where padded.
        confidences: that the first is right, cross-fitted, (m,).
    """

    rows: Ints
    positions: Ints
    confidences: Floats

    def least_sure(self, share: float, most: int, seed: int) -> Ints:
        """Places of at most `most` drawn from that share of the recommendations, ascending."""
        order = np.argsort(self.confidences, kind="stable")[: max(1, round(share * len(self.rows)))]
        drawn = np.random.default_rng(seed).permutation(order)[:most]
        return np.sort(drawn)


def out_of_fold(
    rows: LabelledRows, vectors: Floats, paths: Floats, part: Selector, seed: int, progress: Progress
) -> OutOfFold:
    """Recommend for every training row, from models that did not see it or a near-duplicate.

    Args:
        vectors: of the rows, (n, dim), from an encoder that was not fine-tuned on them.
        paths: of the label paths, in taxonomy order, from the same encoder.
    """
    folds = np.asarray(k_folds(rows.products, part.folds, seed), dtype=np.int64)
    index = VectorIndex.build(paths)
    with progress.task("out-of-fold candidates", part.folds) as advance:
        answers = []
        for fold in np.unique(folds[folds != KEPT]).tolist():
            inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            answers.append(_answer(rows, vectors, index, inside, outside, part, seed))
            advance(1)
    return OutOfFold(
        np.concatenate([a.rows for a in answers]),
        np.concatenate([a.positions for a in answers]),
        np.concatenate([a.confidences for a in answers]),
    )


def _answer(
    rows: LabelledRows,
    vectors: Floats,
    paths: VectorIndex,
    inside: Ints,
    outside: Ints,
    part: Selector,
    seed: int,
) -> OutOfFold:
    """Recommendations for the rows `outside` by models of the rows `inside`."""
    labels = rows.positions[inside]
    ngram = NgramClassifier.fit(_take(rows.texts, inside), labels.tolist(), max_features=part.max_features)
    sources: dict[str, Source] = {
        "paths": PathSource(paths),
        "neighbours": NeighbourSource(labels),
        "ngram": ngram,
    }
    recall = Recall(sources, paths, VectorIndex.build(vectors[inside]), labels)
    recalled = recall(
        _take(rows.products, outside), _take(rows.texts, outside), vectors[outside], part.candidates
    )
    truths = [frozenset([position]) for position in rows.positions[outside].tolist()]
    fitted = fit_scorer(recalled, truths, tuple(sources), k=part.candidates, seed=seed, balance=0.0)
    ranked = fitted.scorer.rank(recalled, part.candidates).positions
    padded = np.full((len(outside), part.candidates), -1, dtype=np.int64)
    padded[:, : ranked.shape[1]] = ranked
    return OutOfFold(outside, padded, fitted.confidences)


def _take(items: Sequence[Item], rows: Ints) -> list[Item]:
    return [items[row] for row in rows.tolist()]
