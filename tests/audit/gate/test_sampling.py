import numpy as np
import pytest

from audit.gate.sampling import drawn, spread


def test_a_short_stream_is_taken_whole():
    assert drawn(iter("abc"), 5, np.random.default_rng(0)) == ["a", "b", "c"]


def test_every_item_of_a_stream_has_the_same_chance():
    rng = np.random.default_rng(0)
    counts = np.bincount([i for _ in range(3000) for i in drawn(range(10), 3, rng)], minlength=10)
    assert counts / 3000 == pytest.approx(np.full(10, 0.3), abs=0.04)


def test_a_spread_sample_holds_its_share_of_every_stretch():
    values = np.random.default_rng(1).random(1000)
    picks = spread(values, 100, np.random.default_rng(2))
    assert len(set(picks.tolist())) == 100
    shares = np.histogram(np.argsort(np.argsort(values))[picks], bins=10, range=(0, 1000))[0]
    assert shares.tolist() == pytest.approx([10] * 10, abs=1)


def test_every_product_has_the_same_chance():
    rng = np.random.default_rng(0)
    values = [0.9, 0.9, 0.9, 0.2, 0.5, 0.7, 0.1]
    counts = np.bincount(np.concatenate([spread(values, 3, rng) for _ in range(4000)]), minlength=7)
    assert counts / 4000 == pytest.approx(np.full(7, 3 / 7), abs=0.03)


def test_few_products_are_all_taken():
    assert spread([0.3, 0.1], 5, np.random.default_rng(0)).tolist() == [0, 1]
