import numpy as np
import pytest

from retrieval.head import Head
from retrieval.index import VectorIndex
from retrieval.ngram import NgramClassifier
from retrieval.recall import PATHS, SOURCES, Recall, _union

CATEGORIES = 4  # the last one has no training product


def unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def recall():
    labels = unit([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
    known = np.arange(3)
    texts = ["red apple", "green pear", "blue plum"] * 2
    ngram = NgramClassifier.fit(texts, known.tolist() * 2)
    return Recall(
        categories=CATEGORIES,
        head=Head(labels[:3], np.zeros(3, np.float32), 10.0, known),
        paths=VectorIndex.build(labels),
        examples=VectorIndex.build(np.concatenate([labels[:3], labels[:3]])),
        example_labels=np.asarray([0, 1, 2, 0, 1, 2]),
        ngram=ngram,
    )


def test_union_drops_duplicates_and_pads():
    found = _union(np.asarray([[3, 1, 3, -1], [2, 2, 2, 2]]))
    assert [sorted(r) for r in found.tolist()] == [[1, 3], [-1, 2]]


def test_every_source_is_heard_on_every_candidate(recall):
    found = recall(unit([[1, 0.1, 0]]), ["red apple"], k=2)
    place = found.positions[0].tolist().index(0)
    assert not np.isnan(found.features[0, place]).any()
    assert found.recalled[0, place].all()
    assert found.features.shape[-1] == len(SOURCES)


def test_a_category_without_training_products_is_recalled_by_its_path_alone(recall):
    found = recall(unit([[1, 1, 0]]), ["something else"], k=1)
    place = found.positions[0].tolist().index(3)
    assert found.recalled[0, place].tolist() == [s == "paths" for s in SOURCES]
    assert np.isnan(np.delete(found.features[0, place], PATHS)).all()


def test_best_of_each_source_is_first_by_its_own_feature(recall):
    found = recall(unit([[0, 0, 1]]), ["blue plum"], k=1)
    place = found.positions[0].tolist().index(2)
    for source in range(len(SOURCES)):
        column = np.where(found.valid[0], found.features[0, :, source], np.nan)
        assert np.nanargmax(column) == place


def test_asking_for_more_than_there_is(recall):
    found = recall(unit([[1, 0, 0]]), ["red apple"], k=50)
    assert sorted(found.positions[0].tolist()) == [0, 1, 2, 3]
