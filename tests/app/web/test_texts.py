"""Clues in texts."""

from app.web.texts import pieces


def test_clues_are_cut_out_case_and_punctuation_aside() -> None:
    assert pieces("Memory-Foam bed", ["memory foam"]) == [("Memory-Foam", True), (" bed", False)]


def test_overlapping_clues_are_lit_once() -> None:
    found = pieces("large dog bed", ["large dog", "dog bed", "dog"])
    assert "".join(text for text, _ in found) == "large dog bed"
    assert all(lit for _, lit in found)


def test_texts_without_clues_stay_whole() -> None:
    assert pieces("<b>bed</b>") == [("<b>bed</b>", False)]
    assert pieces("bed", ["", "!!", "cat"]) == [("bed", False)]
    assert pieces("") == []


def test_control_and_direction_characters_are_dropped() -> None:
    assert pieces("dog\u202e\x1b[31m bed", ["dog"])[0] == ("dog", True)
    assert "\u202e" not in "".join(text for text, _ in pieces("dog\u202e bed"))
