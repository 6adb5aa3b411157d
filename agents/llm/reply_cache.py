"""Answers kept in one SQLite file, for several threads and processes at once."""

import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from catalog.errors import SettingsError

logger = logging.getLogger(__name__)

_APPLICATION = 0x44454C43
"""`PRAGMA application_id` of our files: "DELC"."""
_WAIT_S = 30.0
_AT_ONCE = 500
"""SQLite takes so many variables in a statement, whatever its version."""
_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


class ReplyCache:
    """Texts by key. A write that another process made first stands.

    Once the file is open, trouble with it is told once and costs nothing but hits: a cache must not cost an
    answer.

    Args:
        path: made where it is missing, with its folder.

    Raises:
        SettingsError: the file is damaged, is something else, or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._broken = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _open(path)
        except (sqlite3.Error, OSError) as error:
            raise SettingsError(
                f"`llm_cache` {str(path)!r} cannot be used: {error}",
                fix="delete the file, and answers are asked for again, or name another",
            ) from error

    def find(self, keys: Sequence[str]) -> dict[str, str]:
        """The values that are there, by key."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            found.update(self._run(f"SELECT key, value FROM answers WHERE key IN ({marks})", part))
        return found

    def keep(self, values: Mapping[str, str]) -> None:
        """Keep values; all of them or none."""
        rows = [item for pair in values.items() for item in pair]
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            marks = ",".join(["(?,?)"] * (len(part) // 2))
            self._run(f"INSERT OR IGNORE INTO answers VALUES {marks}", part)

    def close(self) -> None:
        with self._lock:
            self._broken = True
            self._connection.close()

    def _run(self, statement: str, values: Sequence[str]) -> list[tuple[str, str]]:
        with self._lock:
            if self._broken:
                return []
            try:
                with self._connection:
                    return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                self._broken = True
                logger.warning("`llm_cache` %r is not used any more: %s", str(self.path), error)
                return []


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_S, check_same_thread=False)
    try:
        _claim(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _claim(connection: sqlite3.Connection) -> None:
    """Make the file ours, or see that it is."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != _APPLICATION:
        raise sqlite3.DatabaseError("it is a database of something else")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    with connection:
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(_TABLE)
    connection.execute("SELECT key, value FROM answers LIMIT 1").fetchall()
