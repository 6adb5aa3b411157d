import numpy as np

from retrieval.sources import ngram
from retrieval.sources.ngram import NgramClassifier

TEXTS = ["red apple juice", "green apple", "steel hammer", "claw hammer steel", "blue pen", "ink pen blue"]
LABELS = [4, 4, 7, 7, 2, 2]


def test_finds_the_class_of_words_it_saw():
    model = NgramClassifier.fit(TEXTS, LABELS)
    best = model.positions[model.scores(["apple", "hammers", "a pen"]).argmax(axis=1)]
    assert best.tolist() == [4, 7, 2]


def test_two_classes_give_two_columns():
    model = NgramClassifier.fit(TEXTS[:4], LABELS[:4])
    scores = model.scores(["red apple", "steel hammer"])
    assert scores.shape == (2, 2)
    assert model.positions[scores.argmax(axis=1)].tolist() == [4, 7]


def test_saved_and_loaded_scores_are_equal(tmp_path):
    model = NgramClassifier.fit(TEXTS, LABELS)
    model.save(tmp_path / "ngram")
    loaded = NgramClassifier.load(tmp_path / "ngram")
    texts = ["apple pen", "äöü", ""]
    np.testing.assert_array_equal(loaded.scores(texts), model.scores(texts))
    assert loaded.positions.tolist() == model.positions.tolist()
    assert not list((tmp_path / "ngram").glob("*.pkl"))


def test_blocks_of_classes_give_what_one_fit_gives(monkeypatch):
    whole = NgramClassifier.fit(TEXTS, LABELS)
    monkeypatch.setattr(ngram, "BLOCK", 1)
    blocks = NgramClassifier.fit(TEXTS, LABELS)
    assert blocks.positions.tolist() == whole.positions.tolist() == [2, 4, 7]
    np.testing.assert_allclose(blocks.scores(TEXTS), whole.scores(TEXTS), atol=0.02)


def test_text_without_a_known_ngram_gets_the_intercepts():
    model = NgramClassifier.fit(TEXTS, LABELS)
    scores = model.scores(["\u4f60\u597d"])
    assert np.isfinite(scores).all()
