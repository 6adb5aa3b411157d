import numpy as np
import pytest
import torch

from retrieval.pairs.pair_encoder import PairEncoder, PairRecord
from training.schedule import Schedule
from training.selector.lists import PairList
from training.selector.objective import SelectorObjective, listwise_loss


def loss(scores, valid, right):
    return listwise_loss(torch.tensor(scores), torch.tensor(valid), torch.tensor(right)).item()


def test_one_right_candidate_is_cross_entropy():
    scores = [[1.0, 2.0, 0.5]]
    expected = torch.nn.functional.cross_entropy(torch.tensor(scores), torch.tensor([1])).item()
    assert loss(scores, [[True] * 3], [[False, True, False]]) == pytest.approx(expected)


def test_several_right_candidates_share_the_credit():
    found = loss([[0.0, 0.0, 0.0, 0.0]], [[True] * 4], [[True, True, False, False]])
    assert found == pytest.approx(np.log(2))


def test_padding_takes_no_probability():
    assert loss([[3.0, 9.0]], [[True, False]], [[True, False]]) == pytest.approx(0.0)


def test_rows_count_alike():
    scores = [[0.0, 0.0], [0.0, 0.0]]
    found = loss(scores, [[True, True], [True, False]], [[True, False], [True, False]])
    assert found == pytest.approx(np.log(2) / 2)


@pytest.fixture
def objective(encoder):
    torch.manual_seed(0)
    model = PairEncoder(encoder, PairRecord(max_tokens=32, evidence=0))
    product, right, wrong = model.texts.tokenize(["garden hose 20 m", "garden hoses", "chef's knives"])
    pairs = [model.texts.pair(product, right, []), model.texts.pair(product, wrong, [])]
    lists = [PairList(pairs, [True, False]), PairList(pairs[1:], [False])]
    return SelectorObjective(model, lists, Schedule(learning_rate=1e-4, layer_decay=0.5, head_factor=3.0))


def test_the_loss_is_that_of_the_models_own_scores(objective):
    with torch.no_grad():
        objective.module.outside.fill_(0.3)
        found = objective.loss(np.asarray([0, 1]), 0.0).item()
        lists = objective._lists
        scores = objective._model.forward([*lists[0].pairs, *lists[1].pairs]).numpy()
    first = np.logaddexp.reduce([*scores[:2], 0.3]) - scores[0]
    second = np.logaddexp(scores[2], 0.3) - 0.3  # no candidate is right
    assert found == pytest.approx((first + second) / 2, abs=1e-2)


def test_lengths_are_those_of_the_longest_pair(objective):
    lists = objective._lists
    assert objective.begin_epoch(0) == [max(len(p.ids) for p in one.pairs) for one in lists]


def test_rates_fall_towards_the_vocabulary_and_the_head_learns_fastest(objective):
    rates = [group["lr"] for group in objective.groups()]
    assert rates[-1] == pytest.approx(3e-4)
    assert rates[-2] == pytest.approx(1e-4)
    assert rates[:-1] == sorted(rates[:-1])
    assert rates[0] < rates[-2]
    grouped = [p for group in objective.groups() for p in group["params"]]
    assert {id(p) for p in grouped} == {id(p) for p in objective.module.parameters()}
