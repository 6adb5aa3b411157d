import pytest

from catalog.errors import EncoderError
from retrieval.pairs.texts import EVIDENCE_TOKENS, PairTexts, category_text
from retrieval.taxonomy import Category

START, END = 2, 3


class Unframed:
    """A tokenizer without special tokens."""

    spec = "gpt"

    def tokenize(self, texts):
        return [[0] for _ in texts]


def test_texts_come_back_without_the_special_tokens(bert):
    whole = bert.tokenize(["garden hose"])[0]
    assert PairTexts(bert, 32).tokenize(["garden hose", ""]) == [whole[1:-1], []]


def test_a_pair_is_product_path_and_evidence_each_with_its_end(bert):
    made = PairTexts(bert, 32).pair([10, 11], [12], [[13, 14], [15]])
    assert made.ids == [START, 10, 11, END, 12, END, 13, 14, END, 15, END]
    assert made.product == 4


def test_without_evidence_the_path_stands_alone(bert):
    assert PairTexts(bert, 32).pair([10], [12], []).ids == [START, 10, END, 12, END]


def test_a_long_product_leaves_half_of_the_pair_to_the_candidate(bert):
    made = PairTexts(bert, 20).pair([10] * 50, [12] * 50, [[13] * 9])
    assert made.product == 10
    assert made.ids == [START, *[10] * 8, END, *[12] * 9, END]


def test_long_evidence_is_cut(bert):
    made = PairTexts(bert, 64).pair([10], [12], [[13] * 60])
    assert made.ids.count(13) == EVIDENCE_TOKENS


def test_a_path_is_read_leaf_first():
    category = Category(category_id="c", category_path="Pets > Dogs > Dog Beds")
    assert category_text(category) == "Dog Beds . Dogs . Pets"


def test_a_tokenizer_that_frames_no_texts_is_refused():
    with pytest.raises(EncoderError, match="'gpt' cannot read two texts"):
        PairTexts(Unframed(), 32)
