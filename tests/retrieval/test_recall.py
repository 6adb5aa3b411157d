import numpy as np
import pytest

from catalog.errors import WorkspaceError
from catalog.product import Product
from retrieval.index import VectorIndex
from retrieval.recall import Recall, _union
from retrieval.recall_files import load_recall, save_recall
from retrieval.sources.base import Queries
from retrieval.sources.head import Head
from retrieval.sources.neighbours import NeighbourSource
from retrieval.sources.ngram import NgramClassifier
from retrieval.sources.paths import PathSource

PATHS = 1


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def recall():
    labels = unit([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
    known = np.arange(3)
    texts = ["red apple", "green pear", "blue plum"] * 2
    ngram = NgramClassifier.fit(texts, known.tolist() * 2)
    paths = VectorIndex.build(labels)  # the last category has no training product
    examples = np.asarray([0, 1, 2, 0, 1, 2])
    sources = {
        "head": Head(labels[:3], np.zeros(3, np.float32), 10.0, known),
        "paths": PathSource(paths),
        "neighbours": NeighbourSource(examples),
        "ngram": ngram,
    }
    return Recall(sources, paths, VectorIndex.build(labels[examples]), examples, np.zeros(4, np.int64))


def ask(recall, vectors, texts, k):
    products = [Product(product_id=str(i), title=text) for i, text in enumerate(texts)]
    return recall(products, texts, vectors, k)


def test_union_drops_duplicates_and_pads():
    found = _union(np.asarray([[3, 1, 3, -1], [2, 2, 2, 2]]))
    assert [sorted(r) for r in found.tolist()] == [[1, 3], [-1, 2]]


def test_every_source_is_heard_on_every_candidate(recall):
    found = ask(recall, unit([[1, 0.1, 0]]), ["red apple"], k=2)
    place = found.positions[0].tolist().index(0)
    assert not np.isnan(found.features[0, place]).any()
    assert found.recalled[0, place].all()
    assert found.features.shape[-1] == len(recall.sources)


def test_a_category_without_training_products_is_recalled_by_its_path_alone(recall):
    found = ask(recall, unit([[1, 1, 0]]), ["something else"], k=1)
    place = found.positions[0].tolist().index(3)
    assert found.recalled[0, place].tolist() == [s == "paths" for s in recall.sources]
    assert np.isnan(np.delete(found.features[0, place], PATHS)).all()


def test_best_of_each_source_is_first_by_its_own_feature(recall):
    found = ask(recall, unit([[0, 0, 1]]), ["blue plum"], k=1)
    place = found.positions[0].tolist().index(2)
    for source in range(len(recall.sources)):
        column = np.where(found.valid[0], found.features[0, :, source], np.nan)
        assert np.nanargmax(column) == place


def test_asking_for_more_than_there_is(recall):
    found = ask(recall, unit([[1, 0, 0]]), ["red apple"], k=50)
    assert sorted(found.positions[0].tolist()) == [0, 1, 2, 3]


def test_a_neighbour_that_no_one_votes_for_is_not_recommended(recall):
    votes = recall.sources["neighbours"].answer
    found = ask(recall, unit([[1, 0, 0]]), ["red apple"], k=3)
    queries = Queries([], [], unit([[1, 0, 0]]), found.neighbours, found.similarities)
    best = votes(queries).best(3)
    assert set(best[0].tolist()) <= {-1, 0, 1, 2}
    assert np.isfinite(votes(queries).at(np.asarray([[0, 1, 2]]))).all()
    assert np.isnan(votes(queries).at(np.asarray([[3]]))).all()


def test_counts_are_those_of_the_labelled_products(recall):
    found = ask(recall, unit([[1, 0, 0]]), ["red apple"], k=50)
    counts = dict(zip(found.positions[0].tolist(), found.counts[0].tolist(), strict=True))
    assert counts == {0: 2, 1: 2, 2: 2, 3: 0}


def test_a_recall_is_read_back_as_it_was(recall, tmp_path):
    save_recall(recall, tmp_path)
    again = load_recall(tmp_path, tuple(recall.sources), recall.labels, recall.departments)
    one, two = (ask(r, unit([[1, 0.2, 0]]), ["red apple"], 3) for r in (recall, again))
    np.testing.assert_array_equal(one.positions, two.positions)
    np.testing.assert_allclose(one.features, two.features, rtol=1e-6)


def test_label_paths_of_another_taxonomy_are_refused(recall, tmp_path):
    save_recall(recall, tmp_path)
    with pytest.raises(WorkspaceError, match="4 of 9 label paths"):
        load_recall(tmp_path, ("paths",), recall.labels, np.zeros(9, np.int64))
