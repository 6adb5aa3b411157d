import numpy as np
import pytest

from retrieval.calibrator import Temperature
from retrieval.choice import ChoiceModel
from retrieval.recall import Recalled
from retrieval.scorer import RARITY, Imputation, Scorer, rank

NOTHING = np.nan
FLAT = Imputation(slopes=(0.0,) * 4, intercepts=(0.0,) * 4)
SOURCES = ("head", "paths", "neighbours", "ngram")
EVEN = ChoiceModel(names=(*SOURCES, RARITY), weights=(1.0, 1.0, 1.0, 1.0, 0.0), outside=-20.0)


def recalled(positions, features, counts=None):
    positions = np.asarray(positions)
    features = np.asarray(features, np.float32)
    shape = (*positions.shape, len(SOURCES))
    zeros = np.zeros((len(positions), 1))
    return Recalled(
        positions,
        features,
        np.ones(shape, np.bool_),
        features[..., 1],
        np.ones_like(positions) if counts is None else np.asarray(counts),
        np.zeros_like(positions),
        zeros.astype(np.int64),
        zeros.astype(np.float32),
    )


def test_rank_puts_the_most_probable_first_and_cuts_to_k():
    found = rank(recalled([[7, 8, 9]], [[[0] * 4, [2] * 4, [1] * 4]]), FLAT, EVEN, k=2)
    assert found.positions.tolist() == [[8, 9]]
    assert found.probabilities[0, 0] > found.probabilities[0, 1]


def test_ties_go_to_the_lower_position_so_that_runs_repeat():
    found = rank(recalled([[9, 3]], [[[1] * 4, [1] * 4]]), FLAT, EVEN, k=2)
    assert found.positions.tolist() == [[3, 9]]


def test_padding_never_becomes_a_candidate():
    found = rank(recalled([[5, -1]], [[[-9] * 4, [9] * 4]]), FLAT, EVEN, k=2)
    assert found.positions.tolist() == [[5, -1]]
    assert found.probabilities[0, 1] == 0


def test_agreement_is_the_share_of_sources_whose_best_is_first():
    features = [[[3, 3, 3, 0], [0, 0, 0, 1]]]
    found = rank(recalled([[1, 2]], features), FLAT, EVEN, k=2)
    assert found.positions[0, 0] == 1
    assert found.signals.agreement[0] == pytest.approx(0.75)


def test_unknown_categories_are_imputed_from_the_cosine():
    line = Imputation(slopes=(10.0, 0.0, 0.0, 0.0), intercepts=(-5.0, 0.0, -1.0, -2.0))
    features = np.asarray([[NOTHING, 0.9, NOTHING, NOTHING]], np.float32)
    assert line(features, features[..., 1])[0] == pytest.approx([4.0, 0.9, -1.0, -2.0])


def test_a_new_category_can_win_by_its_path():
    line = Imputation(slopes=(10.0, 0.0, 0.0, 0.0), intercepts=(-5.0, 0.0, 0.0, 0.0))
    features = [[[-3.0, 0.2, 0.0, 0.0], [NOTHING, 0.9, NOTHING, NOTHING]]]
    found = rank(recalled([[0, 1]], features), line, EVEN, k=2)
    assert found.positions[0, 0] == 1


def test_confidence_rises_with_margin_and_is_a_probability():
    scorer = Scorer(imputation=FLAT, choice=EVEN, confidence=Temperature(temperature=1.0))
    close = rank(recalled([[1, 2]], [[[1] * 4, [1] * 4]]), FLAT, EVEN, k=2)
    clear = rank(recalled([[1, 2]], [[[3] * 4, [0] * 4]]), FLAT, EVEN, k=2)
    low, high = scorer.confidences(close)[0], scorer.confidences(clear)[0]
    assert 0 <= low < high <= 1


def test_rarity_speaks_for_the_category_with_fewer_products():
    model = EVEN.model_copy(update={"weights": (1.0, 1.0, 1.0, 1.0, 0.5)})
    even = recalled([[1, 2]], [[[0] * 4, [0] * 4]], counts=[[90, 30]])
    assert rank(even, FLAT, model, k=2).positions.tolist() == [[2, 1]]
    assert rank(even, FLAT, EVEN, k=2).positions.tolist() == [[1, 2]]


def test_categories_without_products_do_not_crowd_out_the_others():
    features = [[[9 - i] * 4 for i in range(8)]]
    crowd = recalled([list(range(8))], features, counts=[[0, 0, 0, 0, 0, 5, 5, 5]])
    assert rank(crowd, FLAT, EVEN, k=4).positions.tolist() == [[0, 1, 5, 6]]
    assert rank(crowd, FLAT, EVEN, k=8).positions.tolist() == [list(range(8))]
    assert rank(crowd, FLAT, EVEN, k=1).positions.tolist() == [[0]]
