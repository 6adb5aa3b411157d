"""What is wrong with a taxonomy file, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from catalog.errors import TaxonomyError

Level = Literal["error", "warning"]
Kind = Literal[
    "malformed",
    "duplicate_id",
    "duplicate_path",
    "orphan",
    "cycle",
    "several_parents",
    "leaf_and_parent",
    "similar_siblings",
    "separator_in_name",
    "unknown_id",
]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a category stands.

    Attributes:
        number: of the line or row, from 1; 0 where the form has none, such as RDF.
    """

    file: str
    number: int = 0
    unit: Literal["line", "row"] = "line"

    def __str__(self) -> str:
        return f"`{self.file}` {self.unit} {self.number}" if self.number else f"`{self.file}`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; an error keeps the file from being imported.

    Attributes:
        message: a sentence without the place.
    """

    level: Level
    kind: Kind
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def error(kind: Kind, place: Place, message: str) -> Finding:
    return Finding("error", kind, place, message)


def warning(kind: Kind, place: Place, message: str) -> Finding:
    return Finding("warning", kind, place, message)


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raises TaxonomyError with the first errors, if there are any."""
    errors = [one for one in findings if one.level == "error"]
    if errors:
        more = f" … and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        shown = " ".join(map(str, errors[:_SHOWN]))
        raise TaxonomyError(f"{shown}{more}", fix="Correct the file; nothing was written.")
