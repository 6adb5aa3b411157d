import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.errors import WorkspaceError
from graph.batch.files import write_all, write_atomic


def test_blocks_become_one_file(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", [b"one", b"", b"two"])
    assert (tmp_path / "a").read_bytes() == b"onetwo"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def breaking() -> Iterator[bytes]:
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(WorkspaceError, match=r"a` cannot be written: No space left on device\. Fix: Free"):
        write_atomic(tmp_path / "a", breaking())
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_write_that_stops_short_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:3]))
    with (tmp_path / "a").open("wb") as file:
        write_all(file.fileno(), b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"
