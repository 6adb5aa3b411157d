"""One new category in a workspace, reachable at once: by its label path, until there are products of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.migrating_workspace import TAXONOMY, label_vectors, workspace_encoder
from app.successor import anew, finish, successor, write_index
from catalog.errors import TaxonomyError
from retrieval.index import VectorIndex
from retrieval.recall_files import PATHS_FILE
from retrieval.sources.relabelled import FILE as RELABEL_FILE
from retrieval.sources.relabelled import Relabel
from retrieval.taxonomy import Category, Taxonomy, clean_path, derived_id
from retrieval.workspace import Workspace

_NEAREST = 3


@dataclass(frozen=True)
class NewCategory:
    """What is added.

    Attributes:
        path: root first, joined with ` > `.
        category_id: empty takes a hash of the path.
        names: of the leaf, by locale.
    """

    path: str
    category_id: str = ""
    names: Mapping[str, str] | None = None
    description: str = ""

    def category(self) -> Category:
        path = clean_path(self.path)
        return Category(
            category_id=self.category_id or derived_id(path),
            category_path=path,
            names=self.names or {},
            description=self.description,
        )


@dataclass(frozen=True)
class Added:
    """Attributes:
    nearest: paths that it is most easily taken for, with their cosines.
    """

    category: Category
    categories: int
    nearest: tuple[tuple[str, float], ...]


def add_categories(workspace_folder: Path, given: list[NewCategory], out: Path | None) -> list[Added]:
    """Append categories to the taxonomy and their label paths to the index; nothing else changes.

    Args:
        out: where the new workspace goes; None replaces the old one in one step.

    Raises:
        TaxonomyError: a path or an id is there already.
    """
    workspace = Workspace(workspace_folder)
    old = Taxonomy.load(workspace.path(TAXONOMY))
    new = [one.category() for one in given]
    for category in new:
        _refuse_known(old, category)
    grown = Taxonomy([*old.categories, *new], old.inner)
    vectors = label_vectors(workspace_encoder(workspace), new)
    index = VectorIndex.load(workspace.path(PATHS_FILE))
    cosines, nearest = index.search(vectors, _NEAREST)
    with successor(workspace, out or workspace_folder) as folder:
        grown.save(anew(folder / TAXONOMY))
        # Built again and not grown: a trained index would find what was added one by one for ever.
        together = VectorIndex.build(np.concatenate([index.vectors, vectors]))
        write_index(together, folder / PATHS_FILE)
        trained = Relabel.load(workspace.path(RELABEL_FILE), len(old))
        now = trained.now.tolist() if trained else range(len(old))
        Relabel.of(now, len(grown)).save(anew(folder / RELABEL_FILE))
        ids = ",".join(one.category_id for one in grown.categories[len(old) :])
        added = ",".join(filter(None, [workspace.manifest.inputs.get("added", ""), ids]))
        finish(folder, workspace, {"added": added}, {"categories": len(grown)})
    return [
        Added(
            category,
            len(grown),
            tuple((old[i].category_path, float(c)) for i, c in zip(row, near, strict=True)),
        )
        for category, row, near in zip(new, nearest.tolist(), cosines.tolist(), strict=True)
    ]


def _refuse_known(taxonomy: Taxonomy, category: Category) -> None:
    for name in (category.category_path, category.category_id):
        if taxonomy.position(name) is not None:
            raise TaxonomyError(f"{name!r} is in the taxonomy already.", fix="Give another path or id.")
