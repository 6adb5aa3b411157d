import numpy as np
import pytest

from catalog.progress import Silent
from training.selector.candidates import OutOfFold, out_of_fold
from training.selector.settings import Selector

NOUNS = ("hose", "knife", "kettle", "lamp")
COLOURS = (
    "red",
    "blue",
    "green",
    "grey",
    "black",
    "white",
    "pink",
    "brown",
    "amber",
    "teal",
    "olive",
    "mauve",
)


def recommend(encoder, rows, **settings):
    part = Selector(folds=2, max_features=2000, **{"candidates": 4, **settings})
    paths = encoder.encode(["hoses", "knives", "kettles", "lamps"])
    departments = np.zeros(4, np.int64)
    return out_of_fold(rows, encoder.encode(rows.texts), paths, departments, part, 0, Silent())


@pytest.fixture(scope="module")
def told(encoder, labelled):
    """Recommendations where the title tells the category."""
    pairs = [(f"{colour} {noun}", i) for i, noun in enumerate(NOUNS) for colour in COLOURS]
    rows = labelled([t for t, _ in pairs], [p for _, p in pairs])
    return rows, recommend(encoder, rows)


def test_every_row_that_may_be_held_out_is_answered_once(told):
    rows, found = told
    assert len(np.unique(found.rows)) == len(found.rows) == len(found.confidences) == len(rows.texts)
    assert found.positions.shape == (len(rows.texts), 4)


def test_what_the_title_tells_is_recommended_first(told):
    rows, found = told
    assert (found.positions[:, 0] == rows.positions[found.rows]).mean() > 0.95


def test_labels_that_only_memory_can_know_are_not_known(encoder, labelled):
    """Labels are drawn at random: a model that has seen a row, or its near-duplicate, is right on it."""
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.integers(4, size=60), 2)
    words = ["".join(rng.choice(list("abcdefghijklmnop"), size=8)) for _ in range(60)]
    titles = [title for word in words for title in (f"{word} 1 l", f"{word} 2 l")]
    rows = labelled(titles, labels.tolist())
    found = recommend(encoder, rows)
    assert (found.positions[:, 0] == rows.positions[found.rows]).mean() < 0.5


def test_the_least_sure_are_drawn():
    confidences = np.linspace(1, 0, 10).astype(np.float32)
    made = OutOfFold(np.arange(10), np.zeros((10, 2), np.int64), confidences)
    assert made.least_sure(0.3, 99, seed=0).tolist() == [7, 8, 9]
    some = made.least_sure(0.5, 2, seed=0)
    assert len(some) == 2
    assert some.min() >= 5
    assert made.least_sure(0.5, 2, seed=0).tolist() == some.tolist()
