"""What every format hands on: records of a file, by the names of our columns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from catalog.product import RowErrorKind

# Longest record that is read at all; the rest of a longer one is skipped without being held in memory.
RECORD_CHARS = 4_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, and what the user can do about it."""

    kind: RowErrorKind
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the file has it.

    Attributes:
        place: where it stands in its file, such as `line 17`.
        values: by our column names, raw; columns that the file does not have are absent.
    """

    place: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that its format could not take apart."""

    place: str
    problem: Problem


class Source(Protocol):
    """One file of a catalog."""

    @property
    def path(self) -> Path: ...

    def columns(self) -> tuple[str, ...]:
        """Names of the columns found; empty when the file does not say (no readable JSON line).

        Raises:
            CatalogError: the file is empty or not of its format.
        """
        ...

    def records(self, wanted: Mapping[str, str]) -> Iterator[Record | BadRecord]:
        """Records in file order, with the columns of `wanted` (our name to the file's) that the file has.

        Raises:
            CatalogError: the file cannot be read on.
        """
        ...

    def count(self) -> int | None:
        """Number of rows if it is cheap to know, possibly estimated."""
        ...
