"""The tree of categories, kept flat: an ordered list of categories, each with its full label path."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog import paths
from catalog.errors import TaxonomyError
from catalog.product import PATH_SEPARATOR
from taxonomy.file import is_tree_file, load_tree
from taxonomy.node import derived_id
from taxonomy.tree import Tree

__all__ = ["Category", "Taxonomy", "clean_path", "derived_id"]


class Category(BaseModel):
    """One category that a product can be put in.

    Attributes:
        category_id: stable; derived ids hash the path, so they survive a growing catalog.
        category_path: root first, joined with ` > `.
        names: localized leaf names by locale, where known.
        description: the taxonomy's own words on what belongs here, where known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    category_id: str = Field(min_length=1)
    category_path: str = Field(min_length=1)
    names: Mapping[str, str] = Field(default_factory=dict)
    description: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names from the root (the department) down to this category."""
        return tuple(self.category_path.split(PATH_SEPARATOR))

    @property
    def department(self) -> str:
        return self.parts[0]

    @property
    def leaf(self) -> str:
        return self.parts[-1]

    @property
    def parent_path(self) -> str:
        return PATH_SEPARATOR.join(self.parts[:-1])


def clean_path(path: str) -> str:
    """One spelling for every path; an empty part is a TaxonomyError."""
    try:
        return paths.clean_path(path)
    except ValueError as error:
        raise TaxonomyError(str(error), fix="Write it root first, joined with ' > '.") from error


class Taxonomy:
    """Categories in a fixed order; a category's position is its row in every matrix of the workspace."""

    def __init__(self, categories: Iterable[Category], inner: Mapping[str, str] | None = None) -> None:
        """Args:
        inner: ids of inner nodes by path, where they have ids of their own.
        """
        self.categories = tuple(categories)
        self.inner = dict(inner or {})
        self._by_id = {c.category_id: i for i, c in enumerate(self.categories)}
        self._by_path = {c.category_path: i for i, c in enumerate(self.categories)}
        self._refuse_duplicates()

    @classmethod
    def from_paths(cls, paths: Iterable[str]) -> "Taxonomy":
        """Derive from label paths, as those of a labelled catalog; sorted, so the order is stable."""
        cleaned = sorted({clean_path(p) for p in paths})
        return cls(Category(category_id=derived_id(p), category_path=p) for p in cleaned)

    @classmethod
    def from_tree(cls, tree: Tree) -> "Taxonomy":
        """The leaves of an imported taxonomy: what products are put in."""
        leaves = [
            Category(
                category_id=node.category_id,
                category_path=node.category_path,
                names=node.names,
                description=node.description,
            )
            for node in tree.leaves
        ]
        return cls(leaves, {node.category_path: node.category_id for node in tree if not node.leaf})

    @classmethod
    def load(cls, path: Path) -> "Taxonomy":
        """Read a taxonomy that `save` or `dual-expert taxonomy import` wrote.

        Raises:
            TaxonomyError: not a taxonomy file; names the file and the field.
        """
        if is_tree_file(path):
            return cls.from_tree(load_tree(path))
        try:
            document = json.loads(path.read_text("utf-8"))
            rows = [Category.model_validate(row) for row in document["categories"]]
            return cls(rows, document.get("inner"))
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise TaxonomyError(f"`{path}` is not a taxonomy file: {error}") from error

    def save(self, path: Path) -> None:
        rows = [c.model_dump(exclude_defaults=True) for c in self.categories]
        document = {"categories": rows, **({"inner": self.inner} if self.inner else {})}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")

    def __len__(self) -> int:
        return len(self.categories)

    def __getitem__(self, position: int) -> Category:
        return self.categories[position]

    def position(self, path_or_id: str) -> int | None:
        """Row of a category given by its path or its id; None when the taxonomy does not hold it."""
        by_id = self._by_id.get(path_or_id)
        return by_id if by_id is not None else self._by_path.get(path_or_id)

    def require(self, path_or_id: str) -> int:
        """Like `position`, but an unknown category is an error."""
        position = self.position(path_or_id)
        if position is None:
            raise TaxonomyError(
                f"{path_or_id!r} is not in the taxonomy of {len(self)} categories.",
                fix="Check the spelling, root first, joined with ' > '.",
            )
        return position

    def node_id(self, path: str) -> str:
        """Id of a category or of an inner node; a hash of its path where the source gave it none."""
        position = self._by_path.get(path)
        return self[position].category_id if position is not None else self.inner.get(path, derived_id(path))

    def siblings(self, position: int) -> list[int]:
        """Positions of the other categories under the same parent."""
        parent = self[position].parent_path
        return [i for i, c in enumerate(self.categories) if c.parent_path == parent and i != position]

    def _refuse_duplicates(self) -> None:
        if len(self._by_id) == len(self._by_path) == len(self.categories):
            return
        seen: set[str] = set()
        for category in self.categories:
            for value in (category.category_id, category.category_path):
                if value in seen:
                    raise TaxonomyError(f"{value!r} stands twice in the taxonomy.", fix="Remove one of them.")
                seen.add(value)
        raise TaxonomyError("A category id equals another category's path.", fix="Rename one of them.")
