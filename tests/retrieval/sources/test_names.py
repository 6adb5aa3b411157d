"""Several vectors of one category: the nearest counts, and they move with their category."""

import numpy as np

from retrieval.index import VectorIndex
from retrieval.sources.base import Queries
from retrieval.sources.names import NameSource

# Category 0 has two names, category 1 one, category 2 none.
VECTORS = np.asarray([[1, 0, 0], [0, 1, 0], [0, 0.6, 0.8]], np.float32)
OWNERS = np.asarray([0, 0, 1])
NO_ROWS = np.zeros((2, 0), np.int64)


def source() -> NameSource:
    return NameSource(VectorIndex.build(VECTORS), OWNERS, 3)


def asked(*vectors: list[float]) -> Queries:
    return Queries([], [], np.asarray(vectors, np.float32), NO_ROWS, NO_ROWS.astype(np.float32))


def test_the_nearest_of_a_categorys_names_counts() -> None:
    answer = source().answer(asked([0, 1, 0], [1, 0, 0]))
    scores = answer.at(np.asarray([[0, 1, 2], [0, 1, 2]]))
    np.testing.assert_allclose(scores[:, :2], [[1.0, 0.6], [1.0, 0.0]], atol=1e-6)
    assert np.isnan(scores[:, 2]).all()


def test_best_names_each_category_once() -> None:
    best = source().answer(asked([0.6, 0.8, 0])).best(2)
    assert sorted(best[0].tolist()) == [0, 1]
    assert source().answer(asked([0.6, 0.8, 0])).best(1).tolist() == [[0]]


def test_saved_and_loaded_it_says_the_same(tmp_path) -> None:
    source().save(tmp_path / "names")
    loaded = NameSource.load(tmp_path / "names", 3)
    places = np.asarray([[0, 1, 2]])
    np.testing.assert_array_equal(
        loaded.answer(asked([0, 1, 0])).at(places), source().answer(asked([0, 1, 0])).at(places)
    )


def test_names_follow_merged_and_removed_categories() -> None:
    merged = source().carried(np.asarray([1, 1, -1]), 2)
    np.testing.assert_allclose(merged.answer(asked([0, 0, 1])).at(np.asarray([[1]])), [[0.8]], atol=1e-6)
    removed = source().carried(np.asarray([-1, 0, 1]), 2)
    assert removed.owners.tolist() == [0]
    assert np.isnan(removed.answer(asked([1, 0, 0])).at(np.asarray([[1]]))).all()
