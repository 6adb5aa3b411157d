"""Definitions as records in a LangGraph store (SQLite in the workspace)."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from langgraph.store.base import BaseStore, GetOp
from langgraph.store.sqlite import SqliteStore
from pydantic import ValidationError

from agents.case import Definition
from catalog.errors import WorkspaceError

_NAMESPACE = ("definitions",)


class DefinitionStore:
    """Reads through a cache: a batch asks for the same few hundred categories again and again."""

    def __init__(self, store: BaseStore) -> None:
        self._store = store
        self._cache: dict[str, Definition] = {}

    @classmethod
    def open(cls, path: Path) -> "DefinitionStore":
        """Open or create the SQLite file.

        Raises:
            WorkspaceError: the file is no SQLite database or is locked.
        """
        try:
            # Autocommit and shared between threads: the store brings its own lock.
            store = SqliteStore(sqlite3.connect(path, check_same_thread=False, isolation_level=None))
            store.setup()
        except sqlite3.Error as error:
            raise WorkspaceError(
                f"`{path}` cannot be opened: {error}", fix="Delete it and run `dual-expert define`."
            ) from error
        return cls(store)

    def get(self, category_ids: Iterable[str]) -> dict[str, Definition]:
        """Definitions by category id; a category without one is left out."""
        wanted = list(dict.fromkeys(category_ids))
        missing = [i for i in wanted if i not in self._cache]
        if missing:
            for item in self._store.batch([GetOp(_NAMESPACE, i) for i in missing]):
                if item is not None:
                    self._read(item.value)  # type: ignore[union-attr]  # a GetOp returns an Item
        return {i: self._cache[i] for i in wanted if i in self._cache}

    def put(self, definition: Definition) -> None:
        self._store.put(_NAMESPACE, definition.category_id, definition.model_dump(mode="json"), index=False)
        self.remember(definition)

    def remember(self, definition: Definition) -> None:
        """Use it in this process only: the model failed, and a later run shall ask it again."""
        self._cache[definition.category_id] = definition

    def _read(self, value: object) -> None:
        try:
            definition = Definition.model_validate(value)
        except ValidationError:
            return  # written by another version: as good as missing, it is written again
        self.remember(definition)
