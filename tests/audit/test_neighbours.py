import numpy as np
import pytest

from audit.neighbours import Neighbours, find_neighbours
from audit.observations import Observations
from audit.vectors import TextVectors


@pytest.mark.parametrize("threads", [1, 3])
def test_the_nearest_are_the_nearest_of_other_folds(observations: Observations, threads: int) -> None:
    matrix = TextVectors(observations.texts).matrix
    counted: list[int] = []
    found = find_neighbours(matrix, observations.folds, threads=threads, advance=counted.append, k=7)
    cosines = (matrix @ matrix.T).toarray()
    cosines[observations.folds[:, None] == observations.folds] = -1
    np.testing.assert_allclose(found.similarities, -np.sort(-cosines, axis=1)[:, :7], rtol=1e-5)
    assert (observations.folds[found.rows] != observations.folds[:, None]).all()
    assert sum(counted) == len(observations)


def test_no_more_neighbours_than_there_are(observations: Observations) -> None:
    matrix = TextVectors(observations.texts[:10]).matrix
    folds = np.asarray([0] * 6 + [1] * 4)
    found = find_neighbours(matrix, folds, threads=1, advance=lambda steps: None)
    assert found.rows.shape == (10, 4)


def test_near_neighbours_count_for_more() -> None:
    neighbours = Neighbours(np.asarray([[1, 2, 3]]), np.asarray([[0.9, 0.5, 0.5]], dtype=np.float32))
    labels = np.asarray([0, 0, 1, 1])
    here = np.asarray([0])
    assert neighbours.best(labels, here, 2).tolist() == [[0, 1]]
    assert neighbours.best(labels, here, 2, among=np.asarray([True, False, True, True])).tolist() == [[1, -1]]
    shares = np.exp(neighbours.at(labels, np.asarray([[0, 1, -1]])))[0]
    assert shares[:2] == pytest.approx([0.745, 0.257], abs=0.01)


def test_without_a_voter_there_is_no_candidate() -> None:
    neighbours = Neighbours(np.asarray([[1, 2]]), np.asarray([[0.9, 0.5]], dtype=np.float32))
    nobody = np.zeros(3, dtype=np.bool_)
    assert neighbours.best(np.asarray([0, 0, 1]), np.asarray([0]), 2, among=nobody).tolist() == [[-1, -1]]
