"""One category of a tree, leaf or not."""

from collections.abc import Mapping
from hashlib import blake2b

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import PATH_SEPARATOR


class Node(BaseModel):
    """A category.

    Attributes:
        category_id: of the source, or a hash of the path.
        category_path: root first, joined with ` > `, in the tree's main language; unique.
        parents: ids of the categories right above, the one in the path first; empty for a root.
        names: its own name by locale.
        description: the source's words on what belongs here.
        leaf: products are put here: nothing stands below it, or a labelled catalog has products here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    category_id: str = Field(min_length=1)
    category_path: str = Field(min_length=1)
    parents: tuple[str, ...] = ()
    names: Mapping[str, str] = Field(default_factory=dict)
    description: str = ""
    leaf: bool = True

    @property
    def parts(self) -> tuple[str, ...]:
        """Names from the root down."""
        return tuple(self.category_path.split(PATH_SEPARATOR))

    @property
    def name(self) -> str:
        return self.category_path.rpartition(PATH_SEPARATOR)[2]

    @property
    def parent_path(self) -> str:
        """Empty for a root."""
        return self.category_path.rpartition(PATH_SEPARATOR)[0]

    @property
    def parent_id(self) -> str:
        """Empty for a root."""
        return self.parents[0] if self.parents else ""


def derived_id(category_path: str) -> str:
    """Id of a category that has none of its own: a hash of its path."""
    return "c" + blake2b(category_path.encode(), digest_size=6).hexdigest()
