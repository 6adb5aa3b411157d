import pytest

from agents.definition_checks import failed_checks, without_rambling

TITLES = ["Grey orthopaedic dog bed with washable cover for large breeds"]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Dog beds.", "length"),
        ("A dog bed " + "for many dogs of all sizes and ages " * 8, "length"),
        ("dog " * 30, "repeats itself"),
        ("Things of many kinds that people like to buy often.", "holds no word of the category"),
        ("Garden hoses are tubes that carry water for a dog.", "names another category as itself"),
        ("Orthopaedic dog bed with washable cover, large breeds", "copies one product"),
    ],
)
def test_what_cannot_be_used_is_named(text, failure):
    assert failure in failed_checks(text, "Dog Beds", ["dog"], TITLES, ["Garden Hoses"])


def test_a_good_text_passes():
    text = "Soft places for a dog to sleep on at home."
    assert failed_checks(text, "Dog Beds", ["dog"], TITLES, ["Garden Hoses"]) == []


def test_naming_the_category_and_then_its_sibling_is_a_contrast():
    text = "Dog beds, unlike garden hoses, are places where a pet sleeps."
    assert failed_checks(text, "Dog Beds", ["dog"], TITLES, ["Garden Hoses"]) == []


def test_rambling_is_cut_to_its_first_sentence():
    said = "A soft bed for a dog at home. " + "It is a bed. " * 9
    assert without_rambling(said) == "A soft bed for a dog at home."


def test_two_different_sentences_stay():
    said = "A soft bed for a dog.\nCat trees belong elsewhere."
    assert without_rambling(said) == "A soft bed for a dog. Cat trees belong elsewhere."
