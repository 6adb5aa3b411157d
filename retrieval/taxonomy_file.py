"""The taxonomy of any file: what we wrote, or what `dual-expert taxonomy import` reads."""

import json
from pathlib import Path

from retrieval.taxonomy import Taxonomy
from taxonomy.file import is_tree_file
from taxonomy.formats.workspace import KEY
from taxonomy.open import open_tree


def open_taxonomy(path: Path) -> Taxonomy:
    """The leaves of an imported tree, of a workspace's `taxonomy.json`, or of a file in another form.

    Raises:
        TaxonomyError, CatalogError: it cannot be read, or contradicts itself.
    """
    if not path.is_file() or is_tree_file(path) or _is_ours(path):
        return Taxonomy.load(path)
    return Taxonomy.from_tree(open_tree(path))


def _is_ours(path: Path) -> bool:
    """A damaged file counts as ours, whose reader says what is wrong with it."""
    if path.suffix != ".json":
        return False
    try:
        document = json.loads(path.read_text("utf-8"))
    except ValueError:
        return True
    return isinstance(document, dict) and KEY in document
