import numpy as np

from audit.linear import margins
from audit.neighbours import find_neighbours
from audit.observations import Observations
from audit.vectors import TextVectors


def _margins(observations: Observations, labels: np.ndarray, positions: np.ndarray) -> np.ndarray:
    matrix = TextVectors(observations.texts).matrix
    neighbours = find_neighbours(matrix, observations.folds, threads=1, advance=lambda steps: None)
    folds = observations.folds
    return margins(matrix, labels, folds, neighbours, positions, advance=lambda steps: None)


def test_margins_tell_categories_apart_and_repeat(observations: Observations) -> None:
    positions = np.tile(np.arange(6), (len(observations), 1))
    found = _margins(observations, observations.labels, positions)
    right = found.argmax(axis=1) == observations.labels
    assert right.mean() > 0.85
    again = _margins(observations, observations.labels, positions)
    np.testing.assert_array_equal(found, again)


def test_a_label_never_reaches_the_margins_of_its_own_fold(observations: Observations) -> None:
    positions = np.tile(np.arange(6), (len(observations), 1))
    before = _margins(observations, observations.labels, positions)
    i = 40
    changed = observations.labels.copy()
    changed[i] = (changed[i] + 3) % 6
    after = _margins(observations, changed, positions)
    same_fold = observations.folds == observations.folds[i]
    np.testing.assert_array_equal(before[same_fold], after[same_fold])
    assert not np.array_equal(before[~same_fold], after[~same_fold])


def test_what_nobody_outside_the_fold_has_is_unknown(observations: Observations) -> None:
    labels = observations.labels.copy()
    labels[5] = 6
    positions = np.full((len(labels), 2), 6)
    positions[:, 1] = -1
    found = _margins(observations, labels, positions)
    same_fold = observations.folds == observations.folds[5]
    assert np.isnan(found[same_fold, 0]).all()
    assert not np.isnan(found[~same_fold, 0]).any()
    assert np.isnan(found[:, 1]).all()
