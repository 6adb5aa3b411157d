import numpy as np
import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder.load import load_encoder
from retrieval.sources.base import Queries
from retrieval.sources.hierarchy.level import Level
from retrieval.sources.hierarchy.network import LevelNetwork
from retrieval.sources.hierarchy.record import Architecture, HierarchyRecord, LevelRecord
from retrieval.sources.hierarchy.source import HierarchySource

ARCHITECTURE = Architecture(layers=None, hidden=8)
# Two departments; the first has three leaves, the second has one.
RECORD = HierarchyRecord(positions=(3, 5, 8, 9), departments=(0, 0, 0, 1), networks=((0, 1, 2),))


def level(folder, classes, *, probability="sigmoid", temperature=1.0, seed=0):
    encoder = load_encoder(str(folder), device="cpu", precision="fp32", max_tokens=16)
    torch.manual_seed(seed)
    network = LevelNetwork(encoder.module, classes, ARCHITECTURE).eval()
    torch.nn.init.normal_(network.features.segments.weight)
    network.classifier(torch.randn(8, 32))
    record = LevelRecord(
        architecture=ARCHITECTURE, classes=classes, probability=probability, temperature=temperature
    )
    return Level(encoder, network, record)


@pytest.fixture
def source(bert_folder):
    return HierarchySource(RECORD, level(bert_folder, 2), [level(bert_folder, 3, seed=1)])


def queries(*products):
    nothing = np.empty((len(products), 0), dtype=np.float32)
    return Queries(products, ["" for _ in products], nothing, nothing.astype(np.int64), nothing)


def set_bias(level, logits):
    """Let the level say the same of every product."""
    torch.nn.init.zeros_(level.network.classifier[-1].weight)
    level.network.classifier[-1].bias.data = torch.tensor(logits)


def test_a_leaf_has_the_product_of_both_levels(source, socks):
    set_bias(source.department, [float(np.log(3.0)), 0.0])
    set_bias(source.leaves[0], [0.0, float(np.log(4.0)), float(-np.log(4.0))])
    found = np.exp(source.log_probabilities([socks]))
    np.testing.assert_allclose(found, [[0.75 * 0.5, 0.75 * 0.8, 0.75 * 0.2, 0.5]], rtol=1e-5)


def test_the_answer_is_over_taxonomy_positions(source, socks, kettle):
    answer = source.answer(queries(socks, kettle))
    assert answer.positions.tolist() == [3, 5, 8, 9]
    scores = source.log_probabilities([socks, kettle])
    best = source.positions[scores.argmax(axis=1)]
    assert answer.best(1)[:, 0].tolist() == best.tolist()
    asked = answer.at(np.array([[9, 4], [3, 9]]))
    assert asked[0, 0] == scores[0, 3]
    assert np.isnan(asked[0, 1])


def test_no_product_is_no_trouble(source):
    assert source.log_probabilities([]).shape == (0, 4)


def test_a_softmax_decides_within_the_department(bert_folder, socks):
    made = HierarchySource(
        RECORD,
        level(bert_folder, 2, probability="softmax"),
        [level(bert_folder, 3, probability="softmax", seed=1)],
    )
    total = np.exp(made.log_probabilities([socks])).sum()
    assert total == pytest.approx(1.0, abs=1e-5)


def test_the_temperature_divides_the_logits(bert_folder, socks):
    cold, warm = (level(bert_folder, 2, temperature=t) for t in (1.0, 0.5))
    laid = lay_one(cold, socks)
    np.testing.assert_allclose(warm.logits(laid), 2 * cold.logits(laid), rtol=1e-6)


def lay_one(level, product):
    from retrieval.sources.hierarchy.layout import fields, lay

    return lay([fields(product, ARCHITECTURE)], level.encoder.tokenize, level.encoder.max_tokens)


def test_the_fields_matter(source, socks):
    moved = socks.model_copy(update={"description": "", "bullets": (socks.description, *socks.bullets)})
    difference = source.log_probabilities([socks]) - source.log_probabilities([moved])
    assert np.abs(difference).max() > 1e-4


def test_a_product_scores_the_same_alone_and_among_others(source, socks, kettle):
    together = source.log_probabilities([kettle, socks, kettle])
    np.testing.assert_allclose(together[1], source.log_probabilities([socks])[0], atol=1e-5)
    np.testing.assert_array_equal(together[0], together[2])


def test_saved_and_loaded_answers_are_equal(source, socks, kettle, tmp_path):
    source.save(tmp_path / "hierarchy")
    loaded = HierarchySource.load(tmp_path / "hierarchy", device="cpu", precision="fp32")
    assert loaded.record == source.record
    np.testing.assert_array_equal(
        loaded.log_probabilities([socks, kettle]), source.log_probabilities([socks, kettle])
    )
    suffixes = {p.suffix for p in (tmp_path / "hierarchy").rglob("*") if p.is_file()}
    assert suffixes == {".json", ".safetensors"}


@pytest.mark.parametrize("name", ["hierarchy.json", "department/level.json", "leaves-0/head.safetensors"])
def test_a_damaged_file_is_named(source, tmp_path, name):
    source.save(tmp_path)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(EncoderError, match=name.split("/")[0]):
        HierarchySource.load(tmp_path, device="cpu", precision="fp32")
    (tmp_path / name).unlink()
    with pytest.raises(EncoderError, match=name.split("/")[0]):
        HierarchySource.load(tmp_path, device="cpu", precision="fp32")
