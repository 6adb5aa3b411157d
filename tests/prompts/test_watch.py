"""Edits are noticed once, whatever an editor does to the file."""

import os
from pathlib import Path

from prompts.watch import PromptWatch


def test_writing_adding_and_removing_are_noticed_once(tmp_path: Path):
    file = tmp_path / "general_expert" / "rank.v9.jinja"
    file.parent.mkdir()
    file.write_text("one")
    watch = PromptWatch(tmp_path)
    assert not watch.changed()
    file.write_text("other")
    assert watch.changed()
    assert not watch.changed()
    os.utime(file, ns=(1, 1))
    assert watch.changed()
    file.unlink()
    assert watch.changed()
    (tmp_path / "notes.txt").write_text("no prompt")
    assert not watch.changed()


def test_a_folder_that_is_not_there_never_changes(tmp_path: Path):
    assert not PromptWatch(None).changed()
    watch = PromptWatch(tmp_path / "later")
    assert not watch.changed()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.jinja").write_text("x")
    assert watch.changed()
