"""A category as a file has it, before it is known whether the file makes a tree."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from taxonomy.findings import Finding, Place


@dataclass(frozen=True, slots=True)
class Draft:
    """One category in one language.

    Attributes:
        category_id: empty where the file gives none.
        path: names from the root; empty where the file gives `parents` instead.
        name: of the category alone.
        parents: ids of the categories above, the main one first; empty for a root, or where `path` tells.
        leaf: what the file says; None where it says nothing.
    """

    place: Place
    category_id: str
    name: str
    path: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    locale: str = ""
    description: str = ""
    leaf: bool | None = None


@dataclass(frozen=True)
class Drafts:
    """What one file holds.

    Attributes:
        source: what kind of file it is, such as `google`.
        implied_parents: a path brings the categories above it along, as in a labelled catalog.
        rows: places of error rows and other troubles met while reading.
    """

    source: str
    drafts: Sequence[Draft]
    findings: Sequence[Finding] = field(default=())
    implied_parents: bool = False
