"""Definitions to read, wherever they lie."""

import threading
from pathlib import Path

from agents.case import Definition
from agents.definitions import DefinitionStore


class Definitions:
    """Opened when first asked for; the workspace may be read-only, so its own file is not made when missing.

    Args:
        location: the workspace's own file, or what the setting names: a file or a Postgres URL.
    """

    def __init__(self, location: Path | str) -> None:
        self._location = location
        self._store: DefinitionStore | None = None
        self._opening = threading.Lock()

    def get(self, category_id: str) -> Definition | None:
        """The one in use; None when there is none.

        Raises:
            WorkspaceError: they cannot be read.
        """
        store = self._opened()
        return store.get([category_id]).get(category_id) if store else None

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def _opened(self) -> DefinitionStore | None:
        with self._opening:
            if self._store is None and (isinstance(self._location, str) or self._location.is_file()):
                self._store = DefinitionStore.open(self._location)
            return self._store
