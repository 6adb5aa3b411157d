import numpy as np
import pytest
import torch

from catalog.errors import EncoderError
from catalog.product import Product
from retrieval.sources.base import Queries
from retrieval.sources.network import BagNetwork, NetworkRecord, NetworkSource, view_words

RECORD = NetworkRecord(
    words=("red", "socks", "warm"), positions=(2, 7, 9), width=4, hidden=(6, 5), dropout=0.5
)
SOCKS = Product(product_id="s", title="Red, RED socks!", brand="Acme", description="warm", bullets=("red",))
STRANGE = Product(product_id="x", title="Kettle")


@pytest.fixture
def source():
    torch.manual_seed(0)
    return NetworkSource(RECORD, BagNetwork(RECORD))


def test_views_are_title_with_brand_description_and_bullets(source):
    assert view_words(SOCKS) == (["red", "red", "socks", "acme"], ["warm"], ["red"])
    assert source.views(SOCKS) == ([0, 0, 1], [2], [0])
    assert source.views(STRANGE) == ([], [], [])


def test_features_are_means_of_word_vectors_side_by_side(source):
    network = source.network
    vectors = network.words.weight
    joined = torch.cat([(2 * vectors[0] + vectors[1]) / 3, vectors[2], vectors[0]])
    with torch.no_grad():
        logits, features = network([source.views(SOCKS), source.views(STRANGE)])
        torch.testing.assert_close(features[0], network.hidden(joined))
        torch.testing.assert_close(features[1], network.hidden(torch.zeros(12)))
        torch.testing.assert_close(logits, network.last(features))


def test_log_probabilities_sum_to_one(source):
    found = source.log_probabilities([SOCKS, STRANGE])
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0, rtol=1e-5)
    assert source.log_probabilities([]).shape == (0, 3)
    assert np.isfinite(source.log_probabilities([STRANGE])).all()


def test_the_answer_is_over_taxonomy_positions(source):
    nothing = np.empty((1, 0), dtype=np.float32)
    answer = source.answer(Queries([SOCKS], [""], nothing, nothing.astype(np.int64), nothing))
    best = source.positions[source.log_probabilities([SOCKS]).argmax()]
    assert answer.best(1).tolist() == [[best]]
    assert np.isnan(answer.at(np.array([[3]])))


def test_no_hidden_layer_is_a_linear_model():
    record = RECORD.model_copy(update={"hidden": ()})
    assert len(BagNetwork(record).hidden) == 0
    assert NetworkSource(record, BagNetwork(record)).log_probabilities([SOCKS]).shape == (1, 3)


def test_saved_and_loaded_answers_are_equal(source, tmp_path):
    source.save(tmp_path / "network")
    loaded = NetworkSource.load(tmp_path / "network")
    np.testing.assert_array_equal(
        loaded.log_probabilities([SOCKS, STRANGE]), source.log_probabilities([SOCKS, STRANGE])
    )
    assert {p.suffix for p in (tmp_path / "network").iterdir()} == {".json", ".safetensors"}


@pytest.mark.parametrize("name", ["network.json", "network.safetensors"])
def test_a_damaged_file_is_an_error(source, tmp_path, name):
    source.save(tmp_path)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(EncoderError, match="incomplete or damaged"):
        NetworkSource.load(tmp_path)
