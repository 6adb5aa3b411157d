"""How long work says where it is, without knowing who listens."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """A listener: `task` opens a named piece of work and gives a function that counts its steps."""

    def task(self, name: str, total: int | None) -> AbstractContextManager[Advance]: ...

    def say(self, message: str) -> None: ...


class Silent:
    """Nobody listens."""

    def task(self, name: str, total: int | None) -> AbstractContextManager[Advance]:
        del name, total
        return nullcontext(_ignore)

    def say(self, message: str) -> None:
        del message


def _ignore(steps: int) -> None:
    del steps
