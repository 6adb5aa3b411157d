import sys

import numpy as np
import pytest

from catalog.errors import SettingsError
from retrieval.sources.fasttext import FastTextClassifier

SETTINGS = {"epochs": 30, "learning_rate": 0.5, "characters": (3, 5), "threads": 1, "seed": 3}


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("fasttext")
    texts = ["red apple", "sour apple", "green pear", "sweet pear", "garden hose", "long hose"] * 10
    return FastTextClassifier.fit(texts, [9, 9, 4, 4, 7, 7] * 10, **SETTINGS)


def test_learns_and_speaks_in_ascending_positions(model):
    found = model.log_probabilities(["Apple, red!", "a pear", "hose"])
    assert model.positions.tolist() == [4, 7, 9]
    assert model.positions[found.argmax(1)].tolist() == [9, 4, 7]
    np.testing.assert_allclose(np.exp(found).sum(1), 1, rtol=1e-5)


def test_its_probabilities_are_those_of_the_library(model):
    text = "red pear"
    own = dict(zip(model.positions.tolist(), np.exp(model.log_probabilities([text]))[0], strict=True))
    # The library's own `predict` breaks on numpy 2; beneath it is the same call.
    for chance, label in model._model.f.predict(text + "\n", 3, 0.0, "strict"):
        assert own[int(label.removeprefix("__label__"))] == pytest.approx(chance, abs=1e-4)


def test_is_read_back_as_it_was(model, tmp_path):
    model.save(tmp_path)
    again = FastTextClassifier.load(tmp_path)
    np.testing.assert_array_equal(
        again.log_probabilities(["red apple"]), model.log_probabilities(["red apple"])
    )


def test_without_the_library_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(SettingsError, match=r"dual-expert\[fasttext\]"):
        FastTextClassifier.fit(["a"], [0], **SETTINGS)
