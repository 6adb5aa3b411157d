"""The store of definitions: one record a category, which holds all versions of its definition."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from langgraph.store.base import GetOp, PutOp
from pydantic import ValidationError

from agents.case import Definition
from agents.definitions.backends import Backend, in_memory, open_backend
from agents.definitions.history import History, now
from agents.definitions.migration import items, migrate
from catalog.errors import WorkspaceError

_NAMESPACE = ("category_definitions",)
_REFRESHES = ("category_definition_refreshes",)


class DefinitionStore:
    """Reads go to the store each time, so that what another process decides counts at once.

    Raises:
        WorkspaceError: from every method, when the store cannot be read or written.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._store = backend.store
        with backend.explained(), backend.exclusive():
            migrate(self._store, _NAMESPACE)

    @classmethod
    def open(cls, location: Path | str) -> Self:
        """Open or create.

        Args:
            location: an SQLite file, or a Postgres URL. A Postgres database or schema belongs to one shop.

        Raises:
            WorkspaceError: no such database, damaged, or locked.
            SettingsError: Postgres is asked for and its extra is not installed.
        """
        return cls(open_backend(location))

    @classmethod
    def in_memory(cls, definitions: Iterable[Definition] = ()) -> Self:
        """A store of its own that starts with these."""
        store = cls(in_memory())
        for definition in definitions:
            store.add(definition)
        return store

    @property
    def place(self) -> str:
        """Where it lies, without a password."""
        return self._backend.place

    def close(self) -> None:
        self._backend.close()

    def get(self, category_ids: Iterable[str]) -> dict[str, Definition]:
        """Definitions in use by category id; a category without one is left out."""
        return {i: history.current for i, history in self.histories(category_ids).items()}

    def histories(self, category_ids: Iterable[str]) -> dict[str, History]:
        """All versions by category id; a category without one is left out."""
        wanted = list(dict.fromkeys(category_ids))
        with self._backend.explained():
            found = self._store.batch([GetOp(_NAMESPACE, i) for i in wanted])
        values = [getattr(item, "value", None) for item in found]
        return {i: self._read(i, value) for i, value in zip(wanted, values, strict=True) if value is not None}

    def all(self) -> dict[str, History]:
        """Every record, of categories that left the taxonomy too."""
        with self._backend.explained():
            return {item.key: self._read(item.key, item.value) for item in items(self._store, _NAMESPACE)}

    def add(self, definition: Definition, *, since: str = "") -> History:
        """Add a text by machine as a draft; an approved or edited one stays in use beside it.

        Args:
            since: as in `History.stands_for`; when another writer was first, its text stands.
        """

        def change(history: History | None) -> History:
            if history is None:
                return History.begin(definition)
            stands = history.stands_for(definition.inputs_hash, since)
            return history if stands else history.drafted(definition)

        return self._changed(definition.category_id, change)

    def approve(self, category_id: str, number: int, reviewer: str) -> History:
        """Use a version that a person found good.

        Raises:
            WorkspaceError: there is no such version.
        """

        def change(history: History | None) -> History:
            if history is None or history.version(number) is None:
                raise WorkspaceError(
                    f"{category_id!r} has no definition of version {number}.",
                    fix="See what it has: `dual-expert define --show --category PATH`.",
                )
            return history.approved(number, reviewer)

        return self._changed(category_id, change)

    def edit(self, definition: Definition) -> History:
        """Use a person's text from now on."""
        return self._changed(
            definition.category_id,
            lambda history: history.edited(definition) if history else History.begin(definition),
        )

    def move(self, category_id: str, to_id: str, to_path: str) -> History | None:
        """Hand a definition on to the category that takes this one's place; a definition that stands there
        stays, and the other is dropped. None when neither has one."""
        moved = self.histories([category_id]).get(category_id)
        if moved is None:
            return self.histories([to_id]).get(to_id)
        kept = self._changed(to_id, lambda history: (history or moved).moved(to_id, to_path))
        if to_id != category_id:
            self.remove([category_id])
        return kept

    def remove(self, category_ids: Iterable[str]) -> None:
        """Forget all versions of these, as of categories that are no more."""
        with self._backend.explained(), self._backend.exclusive():
            self._store.batch([PutOp(_NAMESPACE, i, None) for i in category_ids])

    def refresh_since(self, scope: str) -> str:
        """When the unfinished rewriting of this scope began; it begins now when there is none."""
        with self._backend.explained(), self._backend.exclusive():
            found = self._store.get(_REFRESHES, scope)
            since = str(found.value["since"]) if found else now()
            self._store.put(_REFRESHES, scope, {"since": since}, index=False)
        return since

    def refreshed(self, scope: str) -> None:
        """The rewriting is finished."""
        with self._backend.explained():
            self._store.delete(_REFRESHES, scope)

    def _changed(self, category_id: str, change: Callable[[History | None], History]) -> History:
        """Change one record with nobody in between."""
        with self._backend.explained(), self._backend.exclusive():
            before = self.histories([category_id]).get(category_id)
            after = change(before)
            if after != before:
                self._store.put(_NAMESPACE, category_id, after.model_dump(mode="json"), index=False)
        return after

    def _read(self, category_id: str, value: object) -> History:
        try:
            return History.model_validate(value)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, problem["loc"]))
            raise WorkspaceError(
                f"The definition of {category_id!r} in `{self.place}` is damaged or of another version: "
                f"`{place}`: {problem['msg']}",
                fix="Use the version that wrote it, or put back a copy.",
            ) from error
