"""A tree from whatever the user names: an imported taxonomy, or a file that can be imported."""

from pathlib import Path

from catalog.errors import TaxonomyError
from taxonomy.file import is_tree_file, load_tree
from taxonomy.findings import refuse_errors
from taxonomy.read import read_taxonomy
from taxonomy.tree import Tree


def open_tree(path: Path) -> Tree:
    """The tree of a file.

    Raises:
        TaxonomyError, CatalogError: it cannot be read, or contradicts itself.
    """
    if is_tree_file(path):
        return load_tree(path)
    read = read_taxonomy([path])
    refuse_errors(read.findings)
    if read.tree is None:
        raise TaxonomyError(f"`{path}` holds no taxonomy.", fix="Name another file.")
    return read.tree
