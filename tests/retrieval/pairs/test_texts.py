import pytest

from catalog.errors import EncoderError
from retrieval.pairs.texts import EVIDENCE_TOKENS, PairTexts, category_text
from retrieval.taxonomy import Category

START, END = 2, 3


class Framed:
    """A tokenizer of words by their length, with special tokens before and after; 0 where nothing is left."""

    spec = "framed"

    def __init__(self, before=(), after=()):
        self.before, self.after = before, after

    def tokenize(self, texts):
        rows = ([*self.before, *(10 + len(word) for word in text.split()), *self.after] for text in texts)
        return [row or [0] for row in rows]


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


@pytest.mark.parametrize(
    ("before", "made"),
    [((), [11, 12, 0, 13, 0, 14, 0]), ((5,), [5, 11, 12, 5, 13, 5, 14, 5])],
    ids=["no special token", "one before the text"],
)
def test_a_decoders_pair_ends_its_texts_with_the_one_token_it_has(before, made):
    texts = PairTexts(Framed(before), 32)
    product, path, title = texts.tokenize(["a bb", "ccc", "dddd"])
    assert (product, path, title) == ([11, 12], [13], [14])
    pair = texts.pair(product, path, [title])
    assert pair.ids == made
    assert pair.product == made.index(13)


def test_a_tokenizer_with_more_around_a_text_is_refused():
    with pytest.raises(EncoderError, match="'framed' cannot read two texts"):
        PairTexts(Framed((5, 6), (7,)), 32)
