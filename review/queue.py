"""The review queue: one SQLite file that several people and runs may use at the same time."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from catalog.errors import SettingsError, WorkspaceError
from review.case import Case, CaseStatus, Entry
from review.categories import find_category

_VERSION = 1
_WAIT_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE cases (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    product_id TEXT NOT NULL,
    department TEXT NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open',
    chosen_path TEXT NOT NULL DEFAULT '',
    reviewer TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    decided TEXT NOT NULL DEFAULT '',
    UNIQUE (run, product_id)
);
CREATE INDEX cases_by_status ON cases (status, department);
CREATE TABLE categories (category_id TEXT PRIMARY KEY, category_path TEXT NOT NULL);
"""
_ENTRY = "SELECT number, content, status, chosen_path, reviewer, created, decided FROM cases"


class ReviewQueue:
    """An opened queue; use it in a `with` block.

    Args:
        path: made when missing, unless `must_exist`.

    Raises:
        WorkspaceError: the file is missing, no queue, of another version, or cannot be written.
    """

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        self.path = path
        if must_exist and not path.is_file():
            fix = "Fill one: `dual-expert review fill --batch DIR --queue FILE`."
            raise WorkspaceError(f"`{path}` does not exist.", fix=fix)
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def add(self, cases: Iterable[Case], categories: Mapping[str, str]) -> int:
        """Put cases in, all or none; a case whose run and product are there already is left as it is.

        Args:
            categories: path by id, of the taxonomy; kept, so that a correction can be checked.

        Returns:
            How many are new.
        """
        now = _now()
        rows = ((c.run, c.product.product_id, c.department, c.model_dump_json(), now) for c in cases)
        with self._changing() as connection:
            before = connection.total_changes
            connection.executemany(
                "INSERT INTO cases (run, product_id, department, content, created) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (run, product_id) DO NOTHING",
                rows,
            )
            added = connection.total_changes - before
            connection.executemany("INSERT OR REPLACE INTO categories VALUES (?, ?)", categories.items())
        return added

    def entries(self, status: CaseStatus | None = None, department: str = "", limit: int = -1) -> list[Entry]:
        """Cases in the order they came in; of one status or department only, where given."""
        where = "(? IS NULL OR status = ?) AND (? = '' OR department = ?)"
        values = (status, status, department, department, limit)
        with self._explained():
            rows = self._connection.execute(
                f"{_ENTRY} WHERE {where} ORDER BY number LIMIT ?", values
            ).fetchall()
        return [_entry(row) for row in rows]

    def entry(self, number: int) -> Entry:
        """One case.

        Raises:
            SettingsError: there is no such case.
        """
        with self._explained():
            row = self._connection.execute(f"{_ENTRY} WHERE number = ?", (number,)).fetchone()
        if row is None:
            fix = "See the numbers with `dual-expert review list`."
            raise SettingsError(f"The queue holds no case {number!r}.", fix=fix)
        return _entry(row)

    def next_open(self, department: str = "", after: int = 0) -> Entry | None:
        """The first open case with a number above `after`."""
        where = "status = 'open' AND number > ? AND (? = '' OR department = ?)"
        with self._explained():
            row = self._connection.execute(
                f"{_ENTRY} WHERE {where} ORDER BY number LIMIT 1", (after, department, department)
            ).fetchone()
        return _entry(row) if row else None

    def counts(self) -> dict[str, int]:
        """Cases by status, those that occur."""
        with self._explained():
            return dict(self._connection.execute("SELECT status, COUNT(*) FROM cases GROUP BY status"))

    def accept(self, number: int, reviewer: str) -> Entry:
        """The proposal is right; raises as `decide`."""
        return self._decide(number, "accepted", self.entry(number).case.proposed.category_path, reviewer)

    def correct(self, number: int, category: str, reviewer: str) -> Entry:
        """Another category is right.

        Args:
            category: its id, its path, or its leaf's name where only one has it.

        Raises:
            TaxonomyError: the taxonomy has no such category.
            SettingsError: no such case, or it was decided before.
        """
        path = find_category(category, self.categories())
        accepted = path == self.entry(number).case.proposed.category_path
        return self._decide(number, "accepted" if accepted else "corrected", path, reviewer)

    def skip(self, number: int, reviewer: str) -> Entry:
        """Nobody can tell; raises as `decide`."""
        return self._decide(number, "skipped", "", reviewer)

    def categories(self) -> dict[str, str]:
        """Path of every known category by its id."""
        with self._explained():
            return dict(self._connection.execute("SELECT category_id, category_path FROM categories"))

    def _decide(self, number: int, status: CaseStatus, chosen: str, reviewer: str) -> Entry:
        """Two reviewers may see the same case, so only the first decision counts."""
        with self._changing() as connection:
            changed = connection.execute(
                "UPDATE cases SET status = ?, chosen_path = ?, reviewer = ?, decided = ?"
                " WHERE number = ? AND status = 'open'",
                (status, chosen, reviewer, _now(), number),
            ).rowcount
        entry = self.entry(number)
        if not changed:
            by = f" by {entry.reviewer!r}" if entry.reviewer else ""
            message = f"Case {number} was {entry.status} before{by}."
            raise SettingsError(message, fix="Take the next one: `dual-expert review next`.")
        return entry

    def _prepare(self) -> None:
        # Read first: a file that is not ours stays as it is.
        if self._version() != _VERSION:
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self._changing() as connection:
                self._make_tables(connection)

    def _version(self) -> int:
        # In one statement: another process may be making the tables.
        found: tuple[int, int] = self._connection.execute(
            "SELECT user_version, (SELECT COUNT(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        version, tables = found
        if version not in (0, _VERSION) or (version == 0 and tables):
            message = f"`{self.path}` is no review queue of this version."
            raise WorkspaceError(message, fix="Name another file, or use the version that wrote it.")
        return version

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        if self._version() == _VERSION:
            return  # another process was first
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the file from its start, so that it never fails half-way for a reader."""
        with self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            message = f"`{self.path}` cannot be used as a review queue: {error}."
            raise WorkspaceError(message, fix="Name another file, or close what holds it.") from error


def _entry(row: tuple[int, str, CaseStatus, str, str, str, str]) -> Entry:
    number, content, status, chosen, reviewer, created, decided = row
    return Entry(
        number=number,
        case=Case.model_validate_json(content),
        status=status,
        chosen_path=chosen,
        reviewer=reviewer,
        created=created,
        decided=decided,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
