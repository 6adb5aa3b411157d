from dataclasses import replace

import pytest
from pydantic import ValidationError

from agents.definitions.checks import MAX_CHARS, failed_checks
from agents.summarizer.draft import DefinitionDraft, extracted, written


def draft(belongs: str, *not_here: tuple[str, int]) -> DefinitionDraft:
    excluded = [{"what": what, "goes_to": number} for what, number in not_here]
    return DefinitionDraft.model_validate({"belongs": belongs, "not_here": excluded})


def test_a_draft_says_what_belongs_what_does_not_and_where_that_goes(brief) -> None:
    text = written(draft("Soft places where a dog sleeps", ("beds for cats", 1), ("chew toys.", 2)), brief)
    assert text == (
        "Soft places where a dog sleeps. Not here: beds for cats (Cat Beds); chew toys (Dog Toys)."
    )
    assert failed_checks(text, brief.expected) == ()


def test_the_words_around_it_are_of_the_categorys_language(brief) -> None:
    text = written(draft("Schlafplätze für Hunde.", ("Katzenbetten", 1)), replace(brief, language="de"))
    assert text == "Schlafplätze für Hunde. Nicht hierher: Katzenbetten (Cat Beds)."


def test_a_number_that_names_no_sibling_is_left_out(brief) -> None:
    assert written(draft("Soft places for a dog.", ("what", 3)), brief) == "Soft places for a dog."


def test_an_exclusion_that_says_no_more_than_its_category_is_said_once(brief) -> None:
    text = written(draft("Soft places for a dog.", ("Cat beds", 1), ("dog beds", 2)), brief)
    assert text == "Soft places for a dog. Not here: Cat Beds."


def test_exclusions_beyond_the_limit_are_left_out_whole(brief) -> None:
    siblings = tuple(replace(brief.siblings[0], label="L" * 60) for _ in range(3))
    given = draft("b" * 199, *(("w" * 79, number) for number in (1, 2, 3)))
    text = written(given, replace(brief, siblings=siblings))
    assert len(text) <= MAX_CHARS
    assert text.endswith(f"({'L' * 60})." if "Not here" in text else "b.")


def test_invisible_characters_of_a_model_do_not_stay(brief) -> None:
    assert written(draft("Soft\u200b places\nfor a dog."), brief) == "Soft places for a dog."


@pytest.mark.parametrize(
    "answer",
    [
        {"belongs": "", "not_here": []},
        {"belongs": "x" * 201, "not_here": []},
        {"belongs": "x", "not_here": [{"what": "y", "goes_to": 0}]},
        {"belongs": "x", "not_here": [{"what": "y", "goes_to": 1}] * 4},
        {"belongs": "x", "not_here": [], "more": 1},
    ],
)
def test_an_answer_of_another_form_is_refused(answer) -> None:
    with pytest.raises(ValidationError):
        DefinitionDraft.model_validate(answer)


def test_an_extract_names_words_an_example_and_siblings_with_words_of_their_own(brief) -> None:
    assert extracted(brief) == (
        "Dog Beds: dog, bed. Such as: Grey orthopaedic dog bed with washable cover. "
        "Not here: cat (Cat Beds); ball, rope (Dog Toys)."
    )


def test_an_extract_holds_the_taxonomys_own_description(brief) -> None:
    text = extracted(replace(brief, description="Everything a dog lies on.", titles=(), siblings=()))
    assert text == "Dog Beds: dog, bed. Everything a dog lies on."


def test_an_extract_of_nothing_is_its_name_and_never_too_long(brief) -> None:
    assert extracted(replace(brief, terms=(), titles=(), siblings=())) == "Dog Beds."
    assert len(extracted(replace(brief, description="very long " * 100))) <= MAX_CHARS
