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
from retrieval.index import Floats, Positions, VectorIndex
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
    rows: LabelledRows,
    vectors: Floats,
    paths: Floats,
    departments: Positions,
    part: Selector,
    seed: int,
    progress: Progress,
) -> OutOfFold:
    """Recommend for every training row, from models that did not see it or a near-duplicate.

    Args:
        vectors: of the rows, (n, dim), from an encoder that was not fine-tuned on them.
        paths: of the label paths, in taxonomy order, from the same encoder.
        departments: number of each category's department, in taxonomy order.
    """
    folds = np.asarray(k_folds(rows.products, part.folds, seed), dtype=np.int64)
    cheap = _CheapExpert(rows, vectors, VectorIndex.build(paths), departments, part, seed)
    with progress.task("out-of-fold candidates", part.folds) as advance:
        answers = []
        for fold in np.unique(folds[folds != KEPT]).tolist():
            answers.append(cheap.answer(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)))
            advance(1)
    return OutOfFold(
        np.concatenate([a.rows for a in answers]),
        np.concatenate([a.positions for a in answers]),
        np.concatenate([a.confidences for a in answers]),
    )


@dataclass(frozen=True)
class _CheapExpert:
    """A domain expert that trains in seconds."""

    rows: LabelledRows
    vectors: Floats
    paths: VectorIndex
    departments: Positions
    part: Selector
    seed: int

    def answer(self, inside: Ints, outside: Ints) -> OutOfFold:
        """Recommendations for the rows `outside` by models of the rows `inside`."""
        width = self.part.candidates
        recall = self._recall(inside)
        recalled = recall(
            _take(self.rows.products, outside), _take(self.rows.texts, outside), self.vectors[outside], width
        )
        truths = [frozenset([position]) for position in self.rows.positions[outside].tolist()]
        fitted = fit_scorer(recalled, truths, tuple(recall.sources), k=width, seed=self.seed, balance=0.0)
        ranked = fitted.scorer.rank(recalled, width).positions
        padded = np.full((len(outside), width), -1, dtype=np.int64)
        padded[:, : ranked.shape[1]] = ranked
        return OutOfFold(outside, padded, fitted.confidences)

    def _recall(self, inside: Ints) -> Recall:
        labels = self.rows.positions[inside]
        ngram = NgramClassifier.fit(
            _take(self.rows.texts, inside), labels.tolist(), max_features=self.part.max_features
        )
        sources: dict[str, Source] = {
            "paths": PathSource(self.paths),
            "neighbours": NeighbourSource(labels),
            "ngram": ngram,
        }
        examples = VectorIndex.build(self.vectors[inside])
        return Recall(sources, self.paths, examples, labels, self.departments)


def _take(items: Sequence[Item], rows: Ints) -> list[Item]:
    return [items[row] for row in rows.tolist()]
