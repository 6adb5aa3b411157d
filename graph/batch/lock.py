"""One runner per folder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.errors import WorkspaceError
from graph.batch.files import writing

LOCK_NAME = ".lock"
_PID_BYTES = 20
# Whoever only asks whether a folder is held holds it for a moment.
_TRIES = 20
_TRY_SECONDS = 0.01


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


def is_held(folder: Path) -> bool:
    """Whether a runner works on `folder` now; never hinders one that begins."""
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _take(handle: int, folder: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not left:
                raise _in_use(handle, folder) from None
            time.sleep(_TRY_SECONDS)


def _in_use(handle: int, folder: Path) -> WorkspaceError:
    holder = os.pread(handle, _PID_BYTES, 0).decode("ascii", "replace") or "unknown"
    return WorkspaceError(
        f"`{folder}` is in use by another run, process {holder}.",
        fix="Wait until it is done, stop it, or choose another folder.",
    )
