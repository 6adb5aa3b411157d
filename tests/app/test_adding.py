from pathlib import Path

import numpy as np
import pytest

from agents.domain_expert import DomainExpert
from app.adding import NewCategory, add_categories
from catalog.errors import TaxonomyError, WorkspaceError
from catalog.product import Product, Row
from catalog.reader import read_catalog
from retrieval.taxonomy import derived_id
from retrieval.workspace import Workspace

GLOVES = "Sports > Boxing > Boxing Gloves"


@pytest.fixture(scope="module")
def grown(workspace_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("grown") / "workspace"
    given = [NewCategory(GLOVES, names={"de": "Boxhandschuhe"}, description="For the fists.")]
    (added,) = add_categories(workspace_dir, given, out)
    assert added.categories == 7
    assert added.nearest[0][1] >= added.nearest[1][1]
    return out


def test_it_is_found_at_once(grown: Path) -> None:
    expert = DomainExpert.open(Workspace(grown))
    (found,) = expert([Product(product_id="x", title="Leather boxing gloves 12 oz")])
    best = next(one for one in found.candidates if one.category_path == GLOVES)
    assert (best.category_id, best.source) == (derived_id(GLOVES), "paths")


def test_what_is_known_of_it_is_kept(grown: Path) -> None:
    expert = DomainExpert.open(Workspace(grown))
    category = expert.taxonomy[expert.taxonomy.require(GLOVES)]
    assert (dict(category.names), category.description) == ({"de": "Boxhandschuhe"}, "For the fists.")
    assert Workspace(grown).manifest.inputs["added"] == category.category_id


def test_answers_elsewhere_do_not_change(workspace_dir: Path, grown: Path, tiny_catalog: Path) -> None:
    products = [row.product for row in read_catalog(tiny_catalog) if isinstance(row, Row)]
    before, after = (
        [one.candidates[0].category_path for one in DomainExpert.open(Workspace(folder))(products)]
        for folder in (workspace_dir, grown)
    )
    assert np.mean([a == b for a, b in zip(before, after, strict=True)]) == 1.0


def test_in_place_it_takes_the_old_ones_place(workspace_copy: Path) -> None:
    before = Workspace(workspace_copy).fingerprint
    add_categories(workspace_copy, [NewCategory(GLOVES)], None)
    add_categories(workspace_copy, [NewCategory("Sports > Boxing > Punching Bags")], None)
    workspace = Workspace(workspace_copy)
    assert workspace.fingerprint != before
    assert len(DomainExpert.open(workspace).taxonomy) == 8
    assert not list(workspace_copy.parent.glob(".*building"))


def test_the_shared_files_of_the_old_one_are_not_written_through(workspace_dir: Path, grown: Path) -> None:
    assert (grown / "taxonomy.json").stat().st_ino != (workspace_dir / "taxonomy.json").stat().st_ino
    assert len(DomainExpert.open(Workspace(workspace_dir)).taxonomy) == 6


def test_a_known_category_or_a_taken_folder_is_refused(workspace_dir: Path, grown: Path) -> None:
    with pytest.raises(TaxonomyError, match="already"):
        add_categories(grown, [NewCategory(GLOVES)], None)
    with pytest.raises(TaxonomyError, match="empty part"):
        add_categories(grown, [NewCategory("Sports >  > x")], None)
    with pytest.raises(WorkspaceError, match="stands already"):
        add_categories(workspace_dir, [NewCategory(GLOVES)], grown)
