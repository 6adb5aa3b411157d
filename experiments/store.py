"""Answers that were paid, kept for good: one SQLite file that several comparisons may use at once."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Self

from pydantic import ValidationError

from catalog.errors import WorkspaceError
from experiments.trial import Trial

_VERSION = 1
_WAIT_SECONDS = 30.0
_AT_ONCE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS trials (
    key TEXT PRIMARY KEY,
    comparison TEXT NOT NULL,
    failed INTEGER NOT NULL,
    content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS spent (comparison TEXT NOT NULL, cost REAL NOT NULL);
CREATE INDEX IF NOT EXISTS spent_by_comparison ON spent (comparison);
"""


class TrialStore:
    """An opened store; threads may share it. Every answer is on disk before the next is asked for.

    Args:
        path: made when missing.

    Raises:
        WorkspaceError: the file is no store, of another version, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def find(self, keys: Iterable[str], comparison: str, *, errors: bool = True) -> dict[str, Trial]:
        """What is known under these keys.

        Args:
            comparison: whose failed trials count too: one that failed elsewhere is asked again.
            errors: False leaves failed trials out.
        """
        wanted, found = list(dict.fromkeys(keys)), dict[str, Trial]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, content FROM trials WHERE key IN ({marks})"
            query += " AND (failed = 0 OR (? AND comparison = ?))"
            with self._lock, self._explained():
                rows = self._connection.execute(query, (*some, errors, comparison)).fetchall()
            found |= {key: trial for key, content in rows if (trial := _trial(content))}
        return found

    def add(self, key: str, comparison: str, trial: Trial) -> None:
        """Write down a trial and what it cost, both or neither; an answer that stands is kept."""
        row = (key, comparison, trial.error is not None, trial.model_dump_json())
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute(
                    "INSERT INTO trials VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                    " comparison = excluded.comparison, failed = excluded.failed, content = excluded.content"
                    " WHERE trials.failed = 1",
                    row,
                )
                self._connection.execute("INSERT INTO spent VALUES (?, ?)", (comparison, trial.cost or 0.0))
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def spent(self, comparison: str) -> float:
        """USD that a comparison has paid so far, over all its runs."""
        with self._lock, self._explained():
            found: tuple[float | None] = self._connection.execute(
                "SELECT SUM(cost) FROM spent WHERE comparison = ?", (comparison,)
            ).fetchone()
        return found[0] or 0.0

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise WorkspaceError(
                f"`{self.path}` is no store of answers of this version.",
                fix="Name another file: `--answers`.",
            )
        self._connection.executescript(_SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise WorkspaceError(
                f"The answers `{self.path}` cannot be used: {error}.",
                fix="Free disk space or name another file with `--answers`, then run the same again.",
            ) from error


def _trial(content: str) -> Trial | None:
    try:
        return Trial.model_validate_json(content)
    except ValidationError:
        return None  # written by another version: it is asked again
