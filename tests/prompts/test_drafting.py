"""New versions: numbered, derived, checked, and never in the way of others."""

from pathlib import Path

import pytest

from catalog.errors import PromptError
from prompts.drafting import draft, prompt_body
from prompts.loader import load_prompt, load_prompt_file

REF = "general_expert/rank.v1"


def test_it_is_the_parents_text_under_the_next_number(tmp_path: Path):
    parent = load_prompt(REF)
    made = draft(parent, tmp_path, 'shorter "rules"\nfor small models')
    assert made.version > parent.version
    assert made.front_matter.parent == "rank.v1"
    assert made.front_matter.note == 'shorter "rules" for small models'
    assert made.front_matter.variables == parent.front_matter.variables
    assert prompt_body(made) == prompt_body(parent)
    assert made.blocks[0].text == parent.blocks[0].text


def test_numbers_go_on_above_what_ships_and_what_stands(tmp_path: Path):
    first = draft(load_prompt(REF), tmp_path, "one")
    second = draft(first, tmp_path, "two")
    assert second.version == first.version + 1
    assert second.front_matter.parent == f"rank.v{first.version}"
    assert load_prompt("general_expert/rank", overlay=tmp_path).ref == second.ref


def test_a_body_that_breaks_a_rule_leaves_no_file(tmp_path: Path):
    with pytest.raises(PromptError, match="does not begin with a marker"):
        draft(load_prompt(REF), tmp_path, "broken", body="no marker at all\n")
    assert not list(tmp_path.rglob("*.jinja"))


def test_a_version_without_a_note_is_refused(tmp_path: Path):
    with pytest.raises(PromptError, match="has no note"):
        draft(load_prompt(REF), tmp_path, "  ")


def test_a_draft_in_any_file_can_be_derived_from(tmp_path: Path):
    loose = tmp_path / "try.jinja"
    loose.write_bytes(load_prompt(REF).path.read_bytes())
    prompt = load_prompt_file(loose)
    assert prompt.ref == "file/try.v1"
    assert load_prompt(str(loose)).hash == prompt.hash
    assert draft(prompt, tmp_path / "own", "from a draft").front_matter.parent == ""
