import numpy as np
import pytest

from retrieval.choice import ChoiceModel, pad
from training.choice import fit_choice


def test_probabilities_match_hand_computed_values():
    model = ChoiceModel(names=("a",), weights=(1.0,), outside=0.0)
    features = np.log(np.asarray([[[2.0], [1.0]]], dtype=np.float32))
    found = model.probabilities(features, np.asarray([[True, True]]))
    assert found[0] == pytest.approx([0.5, 0.25])  # 2, 1 and the outside option's 1


def test_padded_candidates_get_nothing():
    model = ChoiceModel(names=("a",), weights=(1.0,), outside=-50.0)
    features, valid = pad([np.zeros((2, 1), np.float32), np.zeros((1, 1), np.float32)])
    found = model.probabilities(features, valid)
    assert found.tolist() == [[0.5, 0.5], [1.0, 0.0]]


def test_huge_scores_do_not_overflow():
    model = ChoiceModel(names=("a",), weights=(1000.0,), outside=0.0)
    found = model.probabilities(np.asarray([[[5.0], [-5.0]]], np.float32), np.ones((1, 2), np.bool_))
    assert found[0].tolist() == [1.0, 0.0]


def test_fit_recovers_the_weights_that_made_the_data():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4000, 5, 2)).astype(np.float32)
    valid = np.ones((4000, 5), np.bool_)
    truth = ChoiceModel(names=("a", "b"), weights=(2.0, -1.0), outside=0.5)
    shares = truth.probabilities(features, valid)
    drawn = (rng.random((4000, 1)) > np.cumsum(shares, axis=1)).sum(axis=1)
    right = np.arange(5) == drawn[:, None]
    fitted = fit_choice(("a", "b"), features, valid, right, prior=(0.0, 0.0))
    assert fitted.weights == pytest.approx((2.0, -1.0), abs=0.15)
    assert fitted.outside == pytest.approx(0.5, abs=0.2)


def test_few_rows_stay_near_the_prior():
    features = np.asarray([[[1.0], [0.0]]], np.float32)
    right = np.asarray([[False, True]])
    fitted = fit_choice(("a",), features, np.ones((1, 2), np.bool_), right, prior=(1.0,), penalty=100.0)
    assert fitted.weights[0] == pytest.approx(1.0, abs=0.02)
