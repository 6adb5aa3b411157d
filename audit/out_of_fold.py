"""What may be right for each label's product, and what every piece of evidence says of it.

No piece of evidence about a label was made with that label: neighbours and linear model come from other
folds, duplicates are counted without the product itself.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.duplicates import Duplicates
from audit.linear import margins
from audit.neighbours import Neighbours, find_neighbours
from audit.observations import Observations
from audit.vectors import TextVectors
from catalog.progress import Progress

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FEATURES: Final = ("linear model", "neighbours", "label words", "popularity", "duplicates")
_DUPLICATES: Final = FEATURES.index("duplicates")
CANDIDATES = 20
_FROM_COPIES = 3
_STRANGERS = 4


@dataclass(frozen=True)
class Evidence:
    """Candidates of n labels, at most m each, in no order.

    Attributes:
        positions: taxonomy positions, (n, m), -1 where padded; the given label is always among them.
        stand_for: how many categories each candidate speaks for, (n, m): 1, but a stranger for all that
            nothing recalled.
        features: what each of `FEATURES` says, (n, m, 5), 0 where padded.
        judged: whether anything outside the label's fold knows its category, (n,); where not, only
            duplicates can speak against it.
    """

    positions: Ints
    stand_for: Floats
    features: Floats
    judged: Bools
    neighbours: Neighbours
    duplicates: Duplicates

    @property
    def valid(self) -> Bools:
        return self.positions >= 0


def gather(observations: Observations, progress: Progress, *, threads: int) -> Evidence:
    """Candidates and evidence for every label."""
    count = len(observations)
    with progress.task("reading n-grams", None):
        vectors = TextVectors(observations.texts)
    with progress.task("finding neighbours", count) as advance:
        neighbours = find_neighbours(vectors.matrix, observations.folds, threads=threads, advance=advance)
    duplicates = Duplicates(observations)
    positions, stand_for = candidates(observations, neighbours, duplicates)
    with progress.task("out-of-fold models", count) as advance:
        linear = margins(
            vectors.matrix,
            observations.labels,
            observations.folds,
            neighbours,
            positions,
            advance=advance,
        )
    given = positions == observations.labels[:, None]
    judged = np.logical_not((np.isnan(linear) & given).any(axis=1))
    features: list[npt.NDArray[np.floating]] = [
        _filled(linear),
        neighbours.at(observations.labels, positions),
        _label_words(observations, vectors, positions),
        _popularity(observations, positions),
    ]
    told = np.stack([np.where(judged[:, None], feature, 0.0) for feature in features], axis=-1)
    together = np.concatenate([told, duplicates.at(positions)[..., None]], axis=-1)
    together[positions < 0] = 0.0
    return Evidence(positions, stand_for, together.astype(np.float64), judged, neighbours, duplicates)


def candidates(
    observations: Observations, neighbours: Neighbours, duplicates: Duplicates
) -> tuple[Ints, Floats]:
    """Positions and what each stands for, as in `Evidence`: the given label first, then what neighbours and
    copies vote for, then strangers.

    The given label is a candidate even where nothing recalled it. Were it alone among the categories that
    nothing recalled, being one would speak for it; strangers, drawn at random, weigh against that.

    A product's other labels are taken for right, so they are no candidates.
    """
    count = len(observations)
    voted = neighbours.best(observations.labels, np.arange(count), CANDIDATES)
    copies = np.full((count, _FROM_COPIES), -1, dtype=np.int64)
    for i in duplicates.counts:
        found = duplicates.most(i, _FROM_COPIES)
        copies[i, : len(found)] = found
    occurring = np.unique(observations.labels)
    strangers = np.random.default_rng(0).choice(occurring, (count, _STRANGERS))
    together = np.concatenate([observations.labels[:, None], voted, copies, strangers], axis=1)
    for i, others in observations.other_labels().items():
        together[i, 1:][np.isin(together[i, 1:], others)] = -1
    repeated = np.tril(together[:, :, None] == together[:, None, :], -1).any(axis=2)
    together[repeated] = -1
    valid = together >= 0
    listed, drawn = valid[:, :-_STRANGERS].sum(axis=1), valid[:, -_STRANGERS:].sum(axis=1)
    stand_for = np.ones(together.shape)
    stand_for[:, -_STRANGERS:] = (np.maximum(len(occurring) - listed, 1) / np.maximum(drawn, 1))[:, None]
    return together, stand_for


def _filled(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Where the model does not know a candidate: as unlikely as the row's unlikeliest."""
    lowest = np.min(np.where(np.isnan(linear), np.inf, linear), axis=1, keepdims=True)
    result: npt.NDArray[np.float32] = np.where(np.isnan(linear), np.minimum(lowest, 0.0), linear)
    return result


def _label_words(observations: Observations, vectors: TextVectors, positions: Ints) -> Floats:
    """Cosine of each product's text to its candidates' label paths, leaf first."""
    paths = [" . ".join(reversed(c.parts)) for c in observations.taxonomy.categories]
    labels = vectors.of(paths).T.tocsc()
    cosines = np.zeros(positions.shape)
    for start in range(0, len(positions), 1_000):
        rows = slice(start, start + 1_000)
        block = (vectors.matrix[rows] @ labels).toarray()
        cosines[rows] = np.take_along_axis(block, np.maximum(positions[rows], 0), axis=1)
    return cosines


def _popularity(observations: Observations, positions: Ints) -> Floats:
    """Log of how many products outside the fold have each candidate."""
    result = np.zeros(positions.shape)
    for fold in np.unique(observations.folds):
        outside = observations.labels[observations.folds != fold]
        counts = np.bincount(outside, minlength=len(observations.taxonomy))
        held = observations.folds == fold
        result[held] = np.log1p(counts)[np.maximum(positions[held], 0)]
    return result
