import numpy as np
import pytest

from retrieval.sources.hierarchy.layout import Laid, cleaned, fields, lay
from retrieval.sources.hierarchy.record import Architecture

CLS, SEP = 101, 102


def framed(texts):
    """A token a word, its length, in the frame of BERT."""
    return [[CLS, *map(len, text.split()), SEP] for text in texts]


def unframed(texts):
    return [[*map(len, text.split())] or [0] for text in texts]


def test_title_description_and_bullets_are_three_fields(socks):
    assert fields(socks, Architecture()) == (
        "Red wool socks Acme",
        "Warm for winter walks",
        "two pairs machine washable",
    )


def test_without_segments_the_product_is_one_text(socks):
    (text,) = fields(socks, Architecture(segments=False, letters_only=False))
    assert text == "Red wool socks . Acme . two pairs machine washable Warm for winter walks"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("USB-C 3.0 cable, 2m", "USB C cable m"), ("крем 75 мл", "крем мл"), ("हिन्दी 5", "हिन्दी"), ("12", "")],
)
def test_letters_of_any_script_stay(text, expected):
    assert cleaned(text, Architecture()) == expected
    assert cleaned(text, Architecture(letters_only=False)) == text


def test_fields_stand_side_by_side_in_one_frame():
    laid = lay([("a bb", "ccc", "dddd eeeee")], framed, 20)
    assert laid.ids == [[CLS, 1, 2, SEP, 3, SEP, 4, 5, SEP]]
    assert laid.segments == [[0, 0, 0, 0, 1, 1, 2, 2, 2]]


def test_an_empty_field_leaves_nothing():
    laid = lay([("a", "", "bb"), ("", "", "")], framed, 20)
    assert laid.ids == [[CLS, 1, SEP, 2, SEP], [CLS, SEP]]
    assert laid.segments == [[0, 0, 0, 2, 2], [0, 0]]


def test_a_tokenizer_without_special_tokens():
    laid = lay([("a bb", "ccc", "")], unframed, 20)
    assert laid.ids == [[1, 2, 3]]
    assert laid.segments == [[0, 0, 1]]


def test_the_fields_after_the_title_share_what_it_leaves():
    laid = lay([("a", "bb " * 9, "ccc " * 9), ("a", "bb " * 9, "ccc"), ("a " * 30, "bb", "c")], framed, 10)
    assert [list(np.bincount(row, minlength=3)) for row in laid.segments] == [
        [3, 3, 4],
        [3, 5, 2],
        [32, 0, 0],
    ]


def test_rows_are_taken_and_replaced():
    laid = Laid([[1], [2, 2], [3]], [[0], [0, 1], [0]])
    taken = laid.take(np.array([1, 0]))
    assert (taken.ids, taken.segments) == ([[2, 2], [1]], [[0, 1], [0]])
    mixed = laid.with_rows(np.array([0]), Laid([[9, 9]], [[0, 0]]))
    assert (mixed.ids, mixed.segments) == ([[9, 9], [2, 2], [3]], [[0, 0], [0, 1], [0]])
    assert laid.ids[0] == [1]
