import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder.batches import pad
from retrieval.sources.hierarchy.features import build_features, combine, refuse_unfit
from retrieval.sources.hierarchy.record import Architecture

IDS = [[2, 5, 6, 7, 3], [2, 8, 3]]
SEGMENTS = [[0, 0, 1, 2, 2], [0, 0, 0]]
PLAIN = Architecture(layers=None, segments=False, knowledge_skip=None, pooling="cls")


def features_of(encoder, **changes):
    architecture = PLAIN.model_copy(update=changes)
    module = build_features(encoder.module, architecture).eval()
    ids, mask = pad(IDS, 0, torch.device("cpu"))
    numbers, _ = pad(SEGMENTS, 0, torch.device("cpu"))
    with torch.no_grad():
        return module, module(ids, numbers, mask)


def hidden_states(encoder):
    ids, mask = pad(IDS, 0, torch.device("cpu"))
    with torch.no_grad():
        output = encoder.module.model(input_ids=ids, attention_mask=mask.long(), output_hidden_states=True)
    return output.hidden_states


def test_layers_combine_as_computed_by_hand():
    first, second = torch.tensor([[1.0, 5.0]]), torch.tensor([[3.0, 2.0]])
    assert combine([first, second], "max").tolist() == [[3.0, 5.0]]
    assert combine([first, second], "mean").tolist() == [[2.0, 3.5]]
    assert combine([first, second], "concat").tolist() == [[1.0, 5.0, 3.0, 2.0]]


def test_without_the_skip_it_is_the_first_token_of_the_last_layer(encoder):
    module, found = features_of(encoder)
    torch.testing.assert_close(found, hidden_states(encoder)[4][:, 0])
    assert module.dim == 32


@pytest.mark.parametrize("skip", ["max", "mean", "concat"])
def test_the_skip_takes_every_other_layer_and_the_last(encoder, skip):
    module, found = features_of(encoder, knowledge_skip=skip)
    states = hidden_states(encoder)
    torch.testing.assert_close(found, combine([states[4][:, 0], states[2][:, 0]], skip))
    assert found.shape == (2, module.dim) == (2, 64 if skip == "concat" else 32)


def test_the_mean_leaves_padding_out(encoder):
    _, found = features_of(encoder, pooling="mean")
    torch.testing.assert_close(found[1], hidden_states(encoder)[4][1, :3].mean(dim=0))


def test_segments_change_nothing_at_first_and_matter_once_learnt(encoder):
    module, at_first = features_of(encoder, segments=True)
    torch.testing.assert_close(at_first, hidden_states(encoder)[4][:, 0])
    torch.nn.init.normal_(module.segments.weight)
    ids, mask = pad(IDS, 0, torch.device("cpu"))
    one, other = (torch.tensor([[0, 0, 0, 0, 0], row]) for row in ([0] * 5, [1] * 5))
    with torch.no_grad():
        changed = (module(ids, one, mask) - module(ids, other, mask)).abs().amax(dim=1)
    assert changed[0] == 0
    assert changed[1] > 0.01


def test_three_segments_are_told_apart(encoder):
    module, _ = features_of(encoder, segments=True)
    assert module.segments.weight.shape == (3, 32)


def test_a_pruned_backbone_gives_its_own_last_layer(encoder):
    whole = hidden_states(encoder)
    encoder.keep_layers(2)
    _, found = features_of(encoder)
    torch.testing.assert_close(found, whole[2][:, 0])


class _NoLayers(torch.nn.Module):
    """Stands for USE-multilingual: a backbone that only gives one vector a text."""

    kind = "use-multilingual"
    dim = 7

    def forward(self, ids, mask):
        return torch.full((len(ids), 7), 0.5) * mask.sum(dim=1, keepdim=True)


def test_a_backbone_without_layers_gives_its_vector():
    module = build_features(_NoLayers(), PLAIN)
    ids, mask = pad(IDS, 0, torch.device("cpu"))
    assert module(ids, ids, mask)[:, 0].tolist() == [2.5, 1.5]


@pytest.mark.parametrize("wanted", [{"layers": 2}, {"knowledge_skip": "max"}, {"segments": True}])
def test_a_backbone_without_layers_cannot_do_everything(wanted):
    with pytest.raises(EncoderError, match=f"`{next(iter(wanted))}`"):
        refuse_unfit(_NoLayers(), PLAIN.model_copy(update=wanted))


def test_the_first_token_of_a_decoder_only_model_is_refused(encoder):
    refuse_unfit(encoder.module, PLAIN)
    encoder.module.pooler.pooling = "last"
    refuse_unfit(encoder.module, PLAIN.model_copy(update={"pooling": "mean"}))
    with pytest.raises(EncoderError, match="Set `pooling` to 'mean'"):
        refuse_unfit(encoder.module, PLAIN)
