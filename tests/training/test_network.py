from contextlib import contextmanager

import numpy as np
import pytest

from catalog.errors import EncoderError
from catalog.product import Product, Row
from catalog.progress import Silent
from catalog.reader import read_catalog
from catalog.split import read_split
from retrieval.taxonomy import Taxonomy
from training import checkpoint
from training.losses.record import BinaryCrossEntropy
from training.network import Network, train_network

SMALL = Network(width=16, hidden=(32,), epochs=3, batch_size=16, min_count=1)


class Killed(BaseException):
    """What a kill looks like from inside."""


class Killer(Silent):
    def __init__(self, after):
        self._left = after

    @contextmanager
    def task(self, name, total):
        def advance(steps):
            if steps:
                self._left -= steps
                if self._left < 0:
                    raise Killed

        yield advance


@pytest.fixture(scope="module")
def rows(tiny_catalog, tiny_split):
    part = read_split(tiny_split)
    products = [
        row.product for row in read_catalog(tiny_catalog, columns={}, labelled=True) if isinstance(row, Row)
    ]
    taxonomy = Taxonomy.from_paths(p.category_paths[0] for p in products)

    def of(name):
        chosen = [p for p in products if part[p.product_id] == name]
        return chosen, np.asarray([taxonomy.require(p.category_paths[0]) for p in chosen])

    return of


def fit(rows, folder, settings=SMALL, progress=None):
    return train_network(
        *rows("train"), settings, device="cpu", seed=0, folder=folder, progress=progress or Silent()
    )


def test_learns_the_small_catalog(rows, tmp_path):
    source = fit(rows, tmp_path, SMALL.model_copy(update={"epochs": 30, "learning_rate": 1e-2}))
    products, positions = rows("validation")
    found = source.positions[source.log_probabilities(products).argmax(axis=1)]
    assert (found == positions).mean() > 0.5  # chance is a sixth


def test_another_loss_trains_too(rows, tmp_path):
    usual = fit(rows, tmp_path / "a").log_probabilities(rows("validation")[0])
    other = fit(rows, tmp_path / "b", SMALL.model_copy(update={"loss": BinaryCrossEntropy()}))
    assert np.abs(other.log_probabilities(rows("validation")[0]) - usual).max() > 1e-3


def test_a_killed_run_ends_where_an_unbroken_one_does(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    whole = fit(rows, tmp_path / "whole").network.state_dict()
    with pytest.raises(Killed):
        fit(rows, tmp_path / "killed", progress=Killer(after=5))
    resumed = fit(rows, tmp_path / "killed").network.state_dict()
    assert all((whole[name] == resumed[name]).all() for name in whole)


def test_words_are_the_most_frequent_ones(tmp_path):
    titles = ["red red socks", "red socks wool", "red socks kettle", "blue kettle"]
    products = [Product(product_id=str(i), title=title) for i, title in enumerate(titles)]
    settings = SMALL.model_copy(update={"min_count": 2, "epochs": 1})

    def words(settings):
        source = train_network(
            products,
            np.array([0, 0, 1, 1]),
            settings,
            device="cpu",
            seed=0,
            folder=tmp_path,
            progress=Silent(),
        )
        return source.record.words

    assert words(settings) == ("red", "socks", "kettle")
    assert words(settings.model_copy(update={"max_words": 2})) == ("red", "socks")
    with pytest.raises(EncoderError, match="No word stands in 9 products"):
        words(settings.model_copy(update={"min_count": 9}))
