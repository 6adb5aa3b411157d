"""Which rows are chosen: the middle of clusters, doubtful and unlike rows, categories without labels."""

import numpy as np
import pytest

from training.label_choice import Pool, covering_rows, rows_to_label, typical_rows, unsure_rows

RNG = np.random.default_rng(0)
CENTRES = np.eye(3, 8)
SIZES = (30, 20, 10)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def clusters() -> np.ndarray:
    """Three clusters of 30, 20 and 10 rows."""
    spread = RNG.normal(scale=0.05, size=(sum(SIZES), 8))
    return unit(np.repeat(CENTRES, SIZES, axis=0) + spread)


def home(rows: np.ndarray) -> list[int]:
    return np.searchsorted(np.cumsum(SIZES), rows, side="right").tolist()


def test_typical_rows_stand_for_the_largest_clusters_first(clusters: np.ndarray) -> None:
    assert home(typical_rows(clusters, 3, seed=0)) == [0, 1, 2]


def test_a_typical_row_lies_in_the_middle_of_its_cluster(clusters: np.ndarray) -> None:
    for row in typical_rows(clusters, 3, seed=0):
        own = clusters[np.asarray(home(np.arange(len(clusters)))) == home(np.asarray([row]))[0]]
        assert (own @ clusters[row]).mean() > np.median((own @ own.T).mean(axis=1))


def test_a_cluster_that_has_a_label_is_passed_over(clusters: np.ndarray) -> None:
    covered = unit(CENTRES[:1])
    assert 0 not in home(typical_rows(clusters, 2, seed=0, covered=covered))


def test_doubtful_rows_are_chosen_apart(clusters: np.ndarray) -> None:
    doubts = np.full(len(clusters), 0.5, np.float32)
    doubts[:30] = 0.9
    rows = unsure_rows(clusters, doubts, 9, seed=0)
    # The nine most doubtful rows alone would all be of the first cluster.
    assert set(home(rows)) == {0, 1, 2}


def test_sure_rows_are_not_asked_about(clusters: np.ndarray) -> None:
    doubts = np.linspace(0, 1, len(clusters)).astype(np.float32)
    assert unsure_rows(clusters, doubts, 2, seed=0).min() >= len(clusters) - 20


def test_each_category_without_a_label_gets_its_likeliest_row() -> None:
    first = np.asarray([5, 5, 6, 7, 6])
    shares = np.asarray([0.2, 0.9, 0.5, 0.8, 0.1], np.float32)
    assert covering_rows(first, shares, np.asarray([5, 6]), 9).tolist() == [1, 2]
    assert covering_rows(first, shares, np.asarray([5, 6]), 1).tolist() == [1]


@pytest.mark.parametrize(("labelled", "kind"), [(0, "typical"), (3, "doubt")])
def test_the_kinds_together_name_distinct_rows(clusters: np.ndarray, labelled: int, kind: str) -> None:
    n = len(clusters)
    pool = Pool(
        vectors=clusters,
        first=np.asarray(home(np.arange(n))),
        probabilities=np.full(n, 0.5, np.float32),
        doubts=np.full(n, 0.5, np.float32),
        labelled=clusters[:labelled],
        unlabelled=np.arange(3),
    )
    chosen = rows_to_label(pool, 6, seed=0)
    rows = [row for row, _ in chosen]
    assert len(set(rows)) == len(rows) == 6
    assert {why for _, why in chosen} == {"category", kind}
    assert chosen == rows_to_label(pool, 6, seed=0)


def test_no_more_rows_than_there_are(clusters: np.ndarray) -> None:
    pool = Pool(
        clusters[:2],
        np.zeros(2, np.int64),
        np.ones(2, np.float32),
        np.ones(2, np.float32),
        clusters[:0],
        np.asarray([0]),
    )
    assert len(rows_to_label(pool, 10, seed=0)) <= 2
