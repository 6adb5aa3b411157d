"""A user's own folder: what is promoted there never changes, and is taken by its bare name."""

from pathlib import Path

import pytest

from catalog.errors import PromptError
from prompts.drafting import draft
from prompts.loader import load_prompt, released_refs
from prompts.manifest import read_own_manifest, release

NAME = "general_expert/rank"


def test_the_promoted_version_wins_over_a_newer_draft(tmp_path: Path):
    first = draft(load_prompt(f"{NAME}.v1"), tmp_path, "one")
    release(first.id, tmp_path, parents=released_refs())
    second = draft(first, tmp_path, "two")
    assert load_prompt(NAME, overlay=tmp_path).ref == first.ref
    assert load_prompt(second.ref, overlay=tmp_path).ref == second.ref
    assert first.id in released_refs(tmp_path)
    assert read_own_manifest(tmp_path)[first.id].parent == "rank.v1"


def test_a_promoted_version_that_was_edited_is_refused(tmp_path: Path):
    prompt = draft(load_prompt(f"{NAME}.v1"), tmp_path, "one")
    release(prompt.id, tmp_path, parents=released_refs())
    prompt.path.write_text(prompt.path.read_text() + "One more line.\n")
    with pytest.raises(PromptError, match=rf"differs from its release.*make `{NAME}.v{prompt.version + 1}`"):
        load_prompt(NAME, overlay=tmp_path)
    with pytest.raises(PromptError, match="never edited"):
        release(prompt.id, tmp_path, parents=released_refs())


def test_a_parent_must_be_released_somewhere(tmp_path: Path):
    parent = draft(load_prompt(f"{NAME}.v1"), tmp_path, "one")
    child = draft(parent, tmp_path, "two")
    with pytest.raises(PromptError, match="is not released"):
        release(child.id, tmp_path, parents=released_refs())
    release(parent.id, tmp_path, parents=released_refs())
    release(child.id, tmp_path, parents=released_refs())
    assert load_prompt(NAME, overlay=tmp_path).ref == child.ref
