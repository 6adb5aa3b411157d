"""Small trees for tests."""

from collections.abc import Iterable
from pathlib import Path

from taxonomy.assemble import assemble
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Place
from taxonomy.tree import Tree

FILE = Path("tree.csv")


def tree_of(paths: Iterable[str], ids: dict[str, str] | None = None) -> Tree:
    """A tree whose leaves are these paths; parents are implied."""
    drafts = [
        Draft(
            Place(str(FILE), line), (ids or {}).get(path, ""), path.split(" > ")[-1], tuple(path.split(" > "))
        )
        for line, path in enumerate(paths, start=2)
    ]
    found = assemble([Drafts("paths", drafts, implied_parents=True)])
    assert found.tree is not None, found.findings
    return found.tree
