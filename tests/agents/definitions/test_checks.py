import pytest

from agents.definitions.checks import MAX_CHARS, Expected, Other, failed_checks, without_rambling

BEDS = Expected(
    "Dog Beds",
    terms=["dog", "bed"],
    titles=["Grey orthopaedic dog bed with washable cover for large breeds"],
    others=[Other("Garden Hoses", ("hose", "water"))],
)


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Dog beds.", "length"),
        ("A dog bed " + "for many dogs of all sizes and ages " * 9, "length"),
        ("dog " * 30, "repeats itself"),
        ("Things of many kinds that people like to buy often.", "holds no word of the category"),
        ("Garden hoses are tubes that carry water for a dog.", "names another category as itself"),
        ("Home & Garden > Watering > Garden Hoses (dog).", "names another category as itself"),
        ("Orthopaedic dog bed with washable cover, large breeds", "copies one product"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, failure: str) -> None:
    assert failure in failed_checks(text, BEDS)


@pytest.mark.parametrize(
    "text",
    [
        "Soft places for a dog to sleep on at home.",
        "Soft places for a dog. Not here: tubes (Garden Hoses).",
        "Dog beds, unlike garden hoses, are places where a pet sleeps.",
    ],
)
def test_a_good_text_passes(text: str) -> None:
    assert failed_checks(text, BEDS) == ()


def test_a_text_as_long_as_the_limit_passes_and_one_longer_does_not() -> None:
    words = [f"word{number}" for number in range(100)]
    text = ("Dog beds are " + " ".join(words))[:MAX_CHARS]
    assert "length" not in failed_checks(text, BEDS)
    assert "length" in failed_checks(text + "x", BEDS)


def test_a_text_must_say_what_sets_it_apart_from_each_sibling() -> None:
    cots = Other("Cat Beds", ("bed", "cat"))
    expected = Expected("Dog Beds", ["dog", "bed"], (), [cots])
    vague = "Soft bed where a pet may sleep or rest."
    assert failed_checks(vague, expected) == ("does not set itself apart from 'Cat Beds'",)
    assert failed_checks(vague + " Not for dogs.", expected) == ()
    assert failed_checks(vague + " Others go to cat beds.", expected) == ()


def test_rambling_is_cut_to_its_first_sentence() -> None:
    said = "A soft bed for a dog at home. " + "It is a bed. " * 9
    assert without_rambling(said) == "A soft bed for a dog at home."


def test_two_different_sentences_stay() -> None:
    said = "A soft bed for a dog.\nCat trees belong elsewhere."
    assert without_rambling(said) == "A soft bed for a dog. Cat trees belong elsewhere."
