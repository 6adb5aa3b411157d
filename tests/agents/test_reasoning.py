import pytest
from pydantic import ValidationError

from agents.case import Deliberation, Reasoning
from agents.reasoning import (
    choice_schema,
    echoes,
    grounded,
    plain_ranking_schema,
    ranking_schema,
    shared_words,
    strike_unfounded,
    unfounded,
)
from catalog.product import Product

PRODUCT = Product(
    product_id="p",
    title="SNOWBALL  maker-clip, red",
    brand="Frosti",
    bullets=("2 pieces",),
    description="For kids. Not for the beach!",
)
GOOD = {"clues": ["red"], "user": "u", "use_case": "c", "ranking": [2, 1], "reason": "r"}


@pytest.mark.parametrize(
    "quote", ["snowball maker clip", "Not for the beach", "frosti", "2 pieces", "MAKER-CLIP"]
)
def test_a_quote_is_found_whatever_its_case_and_punctuation(quote):
    assert not unfounded(quote, PRODUCT)


@pytest.mark.parametrize("quote", ["sand mould", "snow", "ball maker", "", "!!!"])
def test_what_does_not_stand_there_is_unfounded(quote):
    assert unfounded(quote, PRODUCT)


def test_unfounded_clues_are_struck_and_flagged():
    reasoning = Reasoning(clues=("red", "sand"), user="", use_case="", ranking=(), reason="because")
    made = Deliberation(
        scores=(), probabilities=(), reasoning=reasoning, definitions=(), prompt="p", model="m"
    )
    mended = strike_unfounded(made, PRODUCT).reasoning
    assert mended.clues == ("red",)
    assert "1 clue(s) struck" in mended.reason
    assert strike_unfounded(made, PRODUCT).flags == ("clues_struck",)


def test_founded_reasoning_is_left_alone():
    reasoning = Reasoning(clues=("red",), user="", use_case="", ranking=(), reason="because")
    made = Deliberation(
        scores=(), probabilities=(), reasoning=reasoning, definitions=(), prompt="p", model="m"
    )
    assert strike_unfounded(made, PRODUCT) is made


def test_shared_words_are_quotes():
    found = shared_words(PRODUCT, ["Snowball", "beach", "sand"])
    assert found == ("SNOWBALL", "beach")
    assert not any(unfounded(word, PRODUCT) for word in found)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ('The words "snowball maker" name a toy for kids.', True),
        ("Snow toys are for the snow, not the beach.", True),
        ('The words "laundry detergent" name a laundry detergent.', False),
        ("It is so.", False),
    ],
)
def test_words_that_do_not_speak_of_the_product_are_not_grounds(reason, kept):
    assert grounded(reason, PRODUCT, "Toys > Snow Toys") is kept


@pytest.mark.parametrize(
    ("user", "echo"),
    [("children", False), ("snowball maker clip for the car", True), ("kids and parents in winter", False)],
)
def test_a_user_that_only_says_the_title_again_is_an_echo(user, echo):
    assert echoes(user, PRODUCT) is echo


def test_numbers_of_the_prompt_are_accepted():
    assert ranking_schema(2).model_validate(GOOD).ranking == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"ranking": [3]},
        {"ranking": [-1]},
        {"ranking": [2, 0, 1]},
        {"ranking": [1, 1]},
        {"ranking": []},
        {"ranking": ["Toys > Snow"]},
        {"category": "Invented"},
        {"reason": ""},
        {"clues": ["x"] * 7},
    ],
)
def test_everything_else_is_refused(change):
    with pytest.raises(ValidationError):
        ranking_schema(2).model_validate(GOOD | change)


@pytest.mark.parametrize(
    ("numbers", "places"), [([2, 1], [1, 0]), ([2, 0], [1]), ([2, 1, 0], [1, 0]), ([0], []), ([0, 1], [])]
)
def test_what_stands_behind_none_of_these_does_not_count(numbers, places):
    assert ranking_schema(2).model_validate(GOOD | {"ranking": numbers}).places() == places
    assert plain_ranking_schema(2).model_validate({"ranking": numbers, "reason": "r"}).places() == places


@pytest.mark.parametrize(("number", "places"), [(1, [0]), (3, [2]), (0, [])])
def test_a_choice_is_a_number_of_the_prompt_or_none(number, places):
    assert choice_schema(3).model_validate({"category": number, "reason": "r"}).places() == places


@pytest.mark.parametrize("number", [4, -1, "Toys > Snow", None, [1]])
def test_any_other_choice_is_refused(number):
    with pytest.raises(ValidationError):
        choice_schema(3).model_validate({"category": number, "reason": "r"})
