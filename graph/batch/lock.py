"""One runner per folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.errors import WorkspaceError
from graph.batch.files import writing

LOCK_NAME = ".lock"
_PID_BYTES = 20


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Holds `folder`; the system lets go of it however the process ends. The file itself stays.

    Raises:
        WorkspaceError: another runner, in this process or another one, holds it.
    """
    path = folder / LOCK_NAME
    with writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _take(handle, folder)
        with writing(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, _PID_BYTES, 0).decode("ascii", "replace") or "unknown"
        raise WorkspaceError(
            f"`{folder}` is in use by another run, process {holder}.",
            fix="Wait until it is done, stop it, or choose another folder.",
        ) from None
