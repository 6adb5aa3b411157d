import numpy as np
import pytest
import torch
from torch.nn import functional

from retrieval.sources.hierarchy.level import Level
from retrieval.sources.hierarchy.network import LevelNetwork
from retrieval.sources.hierarchy.record import Architecture, LevelRecord
from training.hierarchy.objective import LevelObjective, decision
from training.hierarchy.plan import make_plan
from training.hierarchy.rows import LevelRows
from training.hierarchy.settings import Hierarchy, LevelSettings
from training.losses.record import (
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
    SupervisedContrastive,
    Term,
    TwoPhases,
    WeightedSum,
)
from training.schedule import Schedule

ARCHITECTURE = Architecture(layers=None, hidden=8, dropout=0.0)


@pytest.fixture
def make(shop, encoder):
    """The leaves' objective, which knows three departments of two leaves."""

    def objective(loss, schedule=None):
        positions = shop.positions(shop.train)
        task = make_plan(positions, shop.taxonomy, "shared").leaves[0]
        torch.manual_seed(0)
        network = LevelNetwork(encoder.module, 6, ARCHITECTURE)
        record = LevelRecord(architecture=ARCHITECTURE, classes=6, probability="softmax")
        level = Level(encoder, network, record)
        settings = LevelSettings(loss=loss, resampling=None, augmentation=None)
        rows = LevelRows(task, shop.train, positions, settings, ARCHITECTURE, encoder, seed=0)
        made = LevelObjective(level, rows, task.groups, loss, schedule or Schedule())
        return made, level, rows, task

    return objective


def test_a_row_is_told_from_the_leaves_of_its_department_only(make):
    objective, level, rows, task = make(CrossEntropy())
    objective.begin_epoch(0)
    chosen = np.arange(12)
    loss = objective.loss(chosen, 0.0)
    laid, classes = rows.epoch(0)
    with torch.no_grad():
        logits, _ = level.forward(laid.take(chosen))
    expected = []
    for row, number in zip(logits, classes[chosen].tolist(), strict=True):
        among = np.flatnonzero(task.groups == task.groups[number])
        target = torch.tensor(among.tolist().index(number))
        expected.append(functional.cross_entropy(row[among], target))
    torch.testing.assert_close(loss, torch.stack(expected).mean())


def test_other_departments_leaves_get_no_slope(make):
    objective, level, rows, task = make(BinaryCrossEntropy(beta=0.9, epsilon=0.9))
    objective.begin_epoch(0)
    _, classes = rows.epoch(0)
    inside = np.flatnonzero(task.groups[classes] == 0)
    objective.loss(inside, 0.0).backward()
    slope = level.network.classifier[-1].bias.grad.abs()
    assert (slope[torch.tensor(task.groups == 0)] > 0).all()
    assert (slope[torch.tensor(task.groups != 0)] == 0).all()


def test_every_parameter_learns_at_one_rate(make):
    objective, level, _, _ = make(CrossEntropy(), Schedule(learning_rate=0.1, head_factor=5, layer_decay=0.5))
    groups = objective.groups()
    given = [id(p) for group in groups for p in group["params"]]
    assert sorted(given) == sorted(id(p) for p in level.network.parameters())
    assert groups[-1]["lr"] == 0.5
    assert groups[-2]["lr"] == 0.1
    rates = [group["lr"] for group in groups[:-2]]
    assert rates == sorted(rates)
    assert rates[-1] == 0.1
    assert rates[-2] == 0.05


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (BinaryCrossEntropy(epsilon=0.9), ("sigmoid", 0.9)),
        (CrossEntropy(), ("softmax", 1.0)),
        (TwoPhases(first=Focal(), second=BinaryCrossEntropy()), ("sigmoid", 1.0)),
        (
            WeightedSum(
                terms=(Term(loss=SupervisedContrastive()), Term(loss=BinaryCrossEntropy(epsilon=0.8)))
            ),
            ("sigmoid", 0.8),
        ),
    ],
)
def test_the_loss_decides_what_a_logit_means(loss, expected):
    assert decision(loss) == expected


def test_the_paper_s_settings():
    settings = Hierarchy()
    for level, sigma in ((settings.department, None), (settings.leaf, 0.7)):
        assert isinstance(level.loss, BinaryCrossEntropy)
        assert (level.loss.beta, level.loss.gate, level.loss.epsilon) == (0.9, 0.0, 0.9)
        assert level.loss.sigma == sigma
    assert settings.department.resampling.most < settings.leaf.resampling.most
