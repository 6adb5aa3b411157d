"""Encoder and head together, on a handful of rows."""

import numpy as np
import pytest

from catalog.product import Product
from catalog.progress import Silent
from retrieval.encoder.load import load_encoder
from retrieval.taxonomy import Taxonomy
from training.augmentation.record import MaskedPath
from training.losses.record import CrossEntropy, SupervisedContrastive, Term, WeightedSum
from training.recipe import EncoderPart, LoraPart, Recipe
from training.rows import EpochTokens, LabelledRows, label_texts
from training.schedule import Schedule
from training.steps import fine_tune

TAXONOMY = Taxonomy.from_paths(["Pets > Dog Beds", "Garden > Hoses", "Kitchen > Knives"])
TITLES = ["soft bed for dogs", "garden hose 20 m", "chef knife steel"] * 4
RECIPE = Recipe(encoder="embedded", schedule=Schedule(epochs=6, batch_size=4, learning_rate=3e-4))


@pytest.fixture(scope="module")
def rows():
    paths = ["Pets > Dog Beds", "Garden > Hoses", "Kitchen > Knives"] * 4
    products = [Product(product_id=str(i), title=t) for i, t in enumerate(TITLES)]
    return LabelledRows(products, TITLES, np.asarray([TAXONOMY.require(p) for p in paths]))


@pytest.fixture
def encoder():
    return load_encoder("embedded", device="cpu", max_tokens=16)


@pytest.mark.parametrize(
    "part",
    [
        EncoderPart(head="cosine"),
        EncoderPart(head="linear", label_rows=False),
        EncoderPart(head="linear", label_rows=False, lora=LoraPart(rank=4)),
        EncoderPart(augmentation=MaskedPath(share=0.5)),
        EncoderPart(
            loss=WeightedSum(
                terms=(Term(loss=CrossEntropy()), Term(loss=SupervisedContrastive(), weight=0.2))
            )
        ),
    ],
    ids=["cosine", "linear", "lora", "augmented", "contrastive"],
)
def test_every_way_learns_the_rows(encoder, rows, part, tmp_path):
    head = fine_tune(encoder, part, rows, TAXONOMY, RECIPE, tmp_path, Silent())
    found = head.positions[head.log_probabilities(encoder.encode(TITLES)).argmax(axis=1)]
    assert found.tolist() == rows.positions.tolist()


def test_a_cosine_head_keeps_unit_rows_and_starts_from_the_label_paths(encoder, rows, tmp_path):
    still = RECIPE.model_copy(update={"schedule": Schedule(epochs=1, batch_size=16, learning_rate=1e-12)})
    labels = encoder.encode(label_texts(TAXONOMY, range(3)))
    head = fine_tune(encoder, EncoderPart(), rows, TAXONOMY, still, tmp_path, Silent())
    np.testing.assert_allclose(head.weights, labels, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(head.weights, axis=1), 1, rtol=1e-5)


def test_augmented_rows_change_with_the_epoch_and_repeat_with_the_seed(encoder, rows):
    def tokens(augmentation):
        return EpochTokens(encoder, rows, TAXONOMY, [], augmentation, seed=1)

    assert tokens(None)(0) == tokens(None)(3) == encoder.tokenize(TITLES)
    augmented = tokens(MaskedPath(share=0.5))
    assert augmented(0) == tokens(MaskedPath(share=0.5))(0) != augmented(1)
    changed = [a != b for a, b in zip(augmented(0), encoder.tokenize(TITLES), strict=True)]
    assert sum(changed) == pytest.approx(6, abs=3)


def test_every_token_that_an_epoch_may_show_is_in_the_vocabulary(encoder, rows):
    tokens = EpochTokens(encoder, rows, TAXONOMY, [], MaskedPath(share=1.0), seed=1)
    known = {i for row in tokens.vocabulary for i in row}
    assert {i for epoch in range(5) for row in tokens(epoch) for i in row} <= known
