"""What changed between two versions."""

from pathlib import Path

from prompts.difference import changed_words, diff_lines
from prompts.drafting import draft, prompt_body
from prompts.loader import load_prompt


def test_one_word_is_one_word(tmp_path: Path):
    parent = load_prompt("general_expert/rank.v1")
    first = draft(parent, tmp_path, "same")
    second = draft(first, tmp_path, "same", body=prompt_body(first).replace("catalog.", "shop.", 1))
    gone, come = changed_words(first, second)
    # The word itself, and the parent's number in the front matter.
    assert (gone, come) == (2, 2)
    lines = diff_lines(first, second)
    assert lines[0] == f"--- {first.ref}"
    assert sum(line.startswith("+") and "shop." in line for line in lines) == 1


def test_a_prompt_does_not_differ_from_itself():
    prompt = load_prompt("general_expert/rank.v1")
    assert diff_lines(prompt, prompt) == []
    assert changed_words(prompt, prompt) == (0, 0)
