"""LangGraph stores that definitions lie in: SQLite in a file, Postgres by URL, memory for tryouts."""

import fcntl
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

from catalog.errors import SettingsError, WorkspaceError

_POSTGRES = ("postgresql://", "postgres://")
_WAIT_SECONDS = 30.0
_ADVISORY_LOCK = 0x6475616C  # "dual", of every definitions store in one Postgres database
_POOL = 4


@dataclass(frozen=True)
class Backend:
    """Attributes:
    place: for messages; without a password.
    errors: what the store raises when it cannot be read or written.
    between_processes: held while a record is read, changed and written.
    """

    store: BaseStore
    place: str
    errors: tuple[type[Exception], ...] = ()
    between_processes: Callable[[], AbstractContextManager[object]] = nullcontext
    close: Callable[[], object] = field(default=lambda: None)
    _threads: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """No other thread or process changes a record meanwhile."""
        # Threads first: at most one of this process waits for the others' lock, so a small pool is enough.
        with self._threads, self.between_processes():
            yield

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Failures of the store as a WorkspaceError."""
        failures: tuple[type[Exception], ...] = (*self.errors, OSError)
        try:
            yield
        except failures as error:
            raise unusable(self.place, error) from error


def unusable(place: str, error: Exception) -> WorkspaceError:
    return WorkspaceError(
        f"The definitions in `{place}` cannot be used: {error}",
        fix="Put back a copy; or move it away, run `dual-expert define`, and `--import` your last export.",
    )


def open_backend(location: Path | str) -> Backend:
    """A file, made when missing, or a Postgres URL.

    Raises:
        WorkspaceError: it cannot be opened.
        SettingsError: Postgres is asked for and its extra is not installed.
    """
    text = str(location)
    return _postgres(text) if text.startswith(_POSTGRES) else _sqlite(Path(location))


def in_memory() -> Backend:
    return Backend(InMemoryStore(), "memory")


def _sqlite(path: Path) -> Backend:
    place = str(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Autocommit and shared between threads: the store brings its own lock.
        connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=_WAIT_SECONDS
        )
        store = SqliteStore(connection)
        lock = path.with_name(path.name + ".lock")
        with _file_lock(lock):  # two processes that make the tables at once would trip over each other
            store.setup()
    except (sqlite3.Error, OSError) as error:
        raise unusable(place, error) from error
    # The store makes a ValueError of what SQLite says while reading.
    errors = (sqlite3.Error, ValueError)
    return Backend(store, place, errors, lambda: _file_lock(lock), connection.close)


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _postgres(url: str) -> Backend:
    try:
        from langgraph.store.postgres import PostgresStore
        from psycopg import Error
        from psycopg.rows import dict_row
        from psycopg_pool import ConnectionPool, PoolTimeout
    except ImportError as error:
        fix = "Install it: `pip install dual-expert[postgres]`."
        raise SettingsError(f"Postgres support is not installed: {error}.", fix=fix) from error
    parts = urlsplit(url)
    place = f"{parts.hostname}{parts.path}"
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    pool: Any = ConnectionPool(
        url,
        min_size=1,
        max_size=_POOL,
        kwargs=options,
        timeout=_WAIT_SECONDS,
        check=ConnectionPool.check_connection,
        open=False,
    )

    @contextmanager
    def advisory_lock() -> Iterator[None]:
        with pool.connection() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
            try:
                yield
            finally:
                connection.execute("SELECT pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))

    store = PostgresStore(pool)
    try:
        pool.open(wait=True, timeout=_WAIT_SECONDS)
        with advisory_lock():
            store.setup()
    except (Error, PoolTimeout) as error:
        pool.close()
        raise unusable(place, error) from error
    weakref.finalize(store, pool.close)
    return Backend(store, place, (Error, PoolTimeout), advisory_lock, pool.close)
