"""Where threads are kept, checkpoints and turns alike: a SQLite file, or Postgres by URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.store.base import BaseStore

from agents.case import Definition, Deliberation, Recommendation
from agents.definitions.backends import open_backend
from catalog.errors import WorkspaceError
from catalog.product import Product
from graph.verdict import Verdict

# All that a checkpoint may bring to life. LangGraph itself is that strict only where the environment says
# `LANGGRAPH_STRICT_MSGPACK=true`.
_ALLOWED = (Product, Recommendation, Definition, Deliberation, Verdict)
_POSTGRES = ("postgres://", "postgresql://")
_WAIT_SECONDS = 30.0
_POOL = 8


@dataclass(frozen=True)
class Storage:
    """An opened database.

    Attributes:
        where: file, or host and database.
        checkpointer: of the graph.
        store: of threads and turns.
    """

    where: str
    checkpointer: BaseCheckpointSaver[Any]
    store: BaseStore


@contextmanager
def open_storage(where: str) -> Iterator[Storage]:
    """Open or create the database of threads; several threads of a process may use it at once.

    Args:
        where: a file, or `postgresql://…`.

    Raises:
        WorkspaceError: it cannot be opened.
        SettingsError: Postgres is asked for and its extra is not installed.
    """
    try:
        backend = open_backend(where)
    except WorkspaceError as error:
        raise _unusable(error.__cause__ or error) from error
    saver = _postgres_saver if where.startswith(_POSTGRES) else _sqlite_saver
    with closing(backend), saver(where) as checkpointer:
        try:
            with backend.exclusive():  # two processes that make the tables at once would trip over each other
                checkpointer.setup()
        except backend.errors as error:
            raise _unusable(error) from error
        yield Storage(backend.place, checkpointer, backend.store)


@contextmanager
def _sqlite_saver(path: str) -> Iterator[Any]:
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False)) as connection:
        yield SqliteSaver(connection, serde=_serializer())


@contextmanager
def _postgres_saver(url: str) -> Iterator[Any]:
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    with ConnectionPool[Any](url, min_size=1, max_size=_POOL, kwargs=options) as pool:
        yield PostgresSaver(pool, serde=_serializer())


def _serializer() -> JsonPlusSerializer:
    return JsonPlusSerializer(allowed_msgpack_modules=_ALLOWED)


def _unusable(error: BaseException) -> WorkspaceError:
    return WorkspaceError(
        f"The threads cannot be opened: {error}.", fix="Name another file or URL with `--store`."
    )
