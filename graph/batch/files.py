"""Files that are either wholly there or not there at all, also after a power cut."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.errors import WorkspaceError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns the system's refusal to write `path` into a `WorkspaceError` that says how to go on."""
    try:
        yield
    except OSError as error:
        first = "Free disk space" if error.errno in _NO_SPACE else "Make the folder writable"
        raise WorkspaceError(
            f"`{path}` cannot be written: {error.strerror or error}.",
            fix=f"{first}, then run the same again: every chunk in the ledger is kept.",
        ) from error


def write_all(handle: int, data: bytes) -> None:
    """Writes to the end; a single `os.write` may stop short."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def sync_folder(folder: Path) -> None:
    """Makes names that were added to `folder` or replaced in it survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, blocks: Iterable[bytes]) -> None:
    """Puts a file in place in one step: a reader, or a run after a crash, sees the old one or the new one.

    Raises:
        WorkspaceError: the disk is full or refuses; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with writing(path):
        try:
            _write_durable(temporary, blocks)
            os.replace(temporary, path)
        except OSError:
            temporary.unlink(missing_ok=True)  # gives the space back
            raise
        sync_folder(path.parent)


def _write_durable(path: Path, blocks: Iterable[bytes]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        for block in blocks:
            write_all(handle, block)
        os.fsync(handle)
    finally:
        os.close(handle)
