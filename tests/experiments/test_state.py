"""A folder belongs to one comparison."""

from pathlib import Path

import pytest

from catalog.errors import WorkspaceError
from experiments.state import STATE_FILE, begin

WHAT = {"cases": "abc", "contestants": "[]"}


def test_it_is_taken_up_only_when_told(tmp_path: Path):
    identity = begin(tmp_path / "out", WHAT, go_on=False)
    assert begin(tmp_path / "out", WHAT, go_on=True) == identity
    with pytest.raises(WorkspaceError, match=r"this comparison already.*--resume"):
        begin(tmp_path / "out", WHAT, go_on=False)


def test_anothers_folder_is_refused_by_what_differs(tmp_path: Path):
    begin(tmp_path, WHAT, go_on=False)
    with pytest.raises(WorkspaceError, match="not the same cases"):
        begin(tmp_path, {**WHAT, "cases": "other"}, go_on=True)


def test_a_damaged_state_is_said(tmp_path: Path):
    (tmp_path / STATE_FILE).write_text("{half")
    with pytest.raises(WorkspaceError, match="is damaged"):
        begin(tmp_path, WHAT, go_on=True)
