"""Threads and their turns in a LangGraph store."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeVar

from langgraph.store.base import BaseStore
from pydantic import BaseModel, ValidationError

from app.chat.records import Outcome, ThreadInfo, Turn
from catalog.errors import SettingsError, WorkspaceError

M = TypeVar("M", bound=BaseModel)

_THREADS = ("chat", "threads")
_PAGE = 100


class ThreadStore:
    """All threads of a database."""

    def __init__(self, store: BaseStore) -> None:
        self._store = store

    def create(self, workspace: str, fingerprint: str) -> ThreadInfo:
        """A new, empty thread; it is kept from its first turn on."""
        now = utc_now()
        return ThreadInfo(
            thread_id=secrets.token_hex(4),
            workspace=workspace,
            fingerprint=fingerprint,
            created=now,
            updated=now,
        )

    def thread(self, thread_id: str) -> ThreadInfo:
        """One thread.

        Raises:
            SettingsError: there is none with this id.
        """
        item = self._store.get(_THREADS, thread_id) if thread_id else None
        if item is None:
            raise SettingsError(f"There is no thread {thread_id!r}.", fix="List them with `/threads`.")
        return _read(ThreadInfo, item.value)

    def threads(self) -> list[ThreadInfo]:
        """All threads, the last used first."""
        return sorted(self._all(_THREADS, ThreadInfo), key=lambda t: t.updated, reverse=True)

    def save(self, thread: ThreadInfo) -> None:
        self._store.put(_THREADS, thread.thread_id, thread.model_dump(mode="json"), index=False)

    def add_turn(self, thread_id: str, turn: Turn) -> None:
        self._store.put(_of(thread_id, "turns"), _key(turn.number), turn.model_dump(mode="json"), index=False)

    def turns(self, thread_id: str) -> list[Turn]:
        """In their order."""
        return sorted(self._all(_of(thread_id, "turns"), Turn), key=lambda t: t.number)

    def add_outcome(self, thread_id: str, outcome: Outcome) -> None:
        value = outcome.model_dump(mode="json")
        self._store.put(_of(thread_id, "outcomes"), _key(outcome.number), value, index=False)

    def outcome(self, thread_id: str, number: int) -> Outcome:
        """One outcome.

        Raises:
            SettingsError: the thread has none with this number.
        """
        item = self._store.get(_of(thread_id, "outcomes"), _key(number))
        if item is None:
            raise SettingsError(f"There is no outcome {number!r}.", fix="See them with `/history`.")
        return _read(Outcome, item.value)

    def _all(self, namespace: tuple[str, ...], model: type[M]) -> Iterator[M]:
        offset = 0
        while page := self._store.search(namespace, limit=_PAGE, offset=offset):
            yield from (_read(model, item.value) for item in page)
            offset += len(page)


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _of(thread_id: str, what: str) -> tuple[str, ...]:
    return ("chat", what, thread_id)


def _key(number: int) -> str:
    return f"{number:06}"


def _read(model: type[M], value: object) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        message = f"A thread was kept by another version: `{problem['loc'][0]}`: {problem['msg']}."
        raise WorkspaceError(message, fix="Start a new thread with `/new`.") from error
