import pytest
import torch
from torch import nn

from retrieval.encoder.batches import pad
from retrieval.sources.hierarchy.network import LevelNetwork, classifier
from retrieval.sources.hierarchy.record import Architecture

ARCHITECTURE = Architecture(layers=None, hidden=8)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, ["Linear", "Normalised", "ReLU", "Dropout", "Linear"]),
        ({"batch_norm": False}, ["Linear", "ReLU", "Dropout", "Linear"]),
        ({"dropout": 0.0}, ["Linear", "Normalised", "ReLU", "Linear"]),
        ({"hidden": None}, ["Dropout", "Linear"]),
        ({"hidden": None, "dropout": 0.0}, ["Linear"]),
    ],
)
def test_each_part_of_the_classifier_can_be_switched_off(changes, kinds):
    layers = classifier(4, 3, ARCHITECTURE.model_copy(update=changes))
    assert [type(layer).__name__ for layer in layers] == kinds
    assert layers.eval()(torch.ones(2, 4)).shape == (2, 3)


def test_a_batch_of_one_row_is_normalised_by_what_was_seen():
    layers = classifier(4, 3, ARCHITECTURE.model_copy(update={"dropout": 0.0})).train()
    seen = [layers(torch.randn(16, 4)) for _ in range(3)]
    assert len(seen) == 3
    row = torch.randn(1, 4)
    alone = layers(row)
    torch.testing.assert_close(alone, layers.eval()(row))
    assert alone.requires_grad


def test_logits_and_features(encoder):
    network = LevelNetwork(encoder.module, 5, ARCHITECTURE).eval()
    ids, mask = pad([[2, 5, 3], [2, 3]], 0, torch.device("cpu"))
    logits, features = network(ids, torch.zeros_like(ids), mask)
    assert logits.shape == (2, 5)
    assert features.shape == (2, 32)
    torch.testing.assert_close(network.classifier(features), logits)


def test_sigmoids_start_at_the_share_of_one_class(encoder):
    network = LevelNetwork(encoder.module, 5, ARCHITECTURE)
    network.start_rare()
    assert isinstance(network.classifier[-1], nn.Linear)
    torch.testing.assert_close(network.classifier[-1].bias.exp(), torch.full((5,), 0.2))


def test_the_head_is_all_but_the_backbone(encoder):
    network = LevelNetwork(encoder.module, 5, ARCHITECTURE)
    state = network.head_state()
    assert {name.split(".")[0] for name in state} == {"features", "classifier"}
    assert "features.segments.weight" in state
    assert "classifier.1.running_var" in state
    assert len(state) + len(encoder.module.state_dict()) == len(network.state_dict())


def test_a_head_of_another_shape_is_refused(encoder):
    network = LevelNetwork(encoder.module, 5, ARCHITECTURE)
    state = network.head_state()
    with pytest.raises(RuntimeError):
        network.load_head({name: value for name, value in state.items() if "segments" not in name})
    with pytest.raises(RuntimeError):
        network.load_head(state | {"strange": torch.ones(1)})
