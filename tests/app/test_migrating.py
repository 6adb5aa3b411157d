"""A workspace, its labels, corrections and verdicts over a crosswalk."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from agents.case import Definition
from agents.definitions.store import DefinitionStore
from agents.domain_expert import DomainExpert
from app.migrating import REVIEW, MigrationJob, migrate
from app.validation import read_validation
from catalog.errors import SettingsError, TaxonomyError, WorkspaceError
from catalog.product import Product, Row
from catalog.progress import Silent
from catalog.reader import read_catalog
from retrieval.sources.relabelled import FILE as RELABEL_FILE
from retrieval.taxonomy import derived_id
from retrieval.workspace import DEFINITIONS, GATE, Workspace
from review.corrections import Correction
from review.corrections_file import read_corrections, write_corrections
from taxonomy.cases_file import read_cases
from taxonomy.crosswalk import Link
from taxonomy.crosswalk_file import write_crosswalk

HEADPHONES = "Electronics > Audio > Headphones"
HOSES = "Garden > Watering > Garden Hoses"
COFFEE = "Grocery > Drinks > Coffee Beans"
KNIVES = "Kitchen > Knives > Chef's Knives"
BEDS = "Pet Supplies > Dogs > Dog Beds"
MATS = "Sports > Yoga > Yoga Mats"
ALL = (HEADPHONES, HOSES, COFFEE, KNIVES, BEDS, MATS)

CANS = "Electronics > Sound > Over-Ear Headphones"
KITCHEN = "Home > Kitchen and Garden"
NEW = "Sports > Boxing > Boxing Gloves"


def same(path: str) -> Link:
    return Link(old_path=path, new_path=path, relation="same", confidence=1, status="accepted")


def to(old: str, new: str) -> Link:
    return Link(old_path=old, new_path=new, relation="moved", confidence=1, status="accepted")


# Headphones are renamed, knives and hoses merged, beds removed, gloves new; coffee and mats stay.
LINKS = (
    to(HEADPHONES, CANS),
    to(KNIVES, KITCHEN),
    to(HOSES, KITCHEN),
    Link(old_path=BEDS, relation="removed", confidence=1, status="review"),
    Link(new_path=NEW, relation="added", confidence=1, status="accepted"),
    same(COFFEE),
    same(MATS),
)


@pytest.fixture(scope="module")
def crosswalk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("crosswalk") / "c.csv"
    write_crosswalk(file, LINKS)
    return file


@pytest.fixture(scope="module")
def migrated(
    workspace_dir: Path, tiny_catalog: Path, crosswalk: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("migrated") / "out"
    migrate(MigrationJob(crosswalk, out, workspace=workspace_dir, catalog=tiny_catalog), Silent())
    return out


@pytest.fixture(scope="module")
def products(tiny_catalog: Path) -> list[Product]:
    return [row.product for row in read_catalog(tiny_catalog) if isinstance(row, Row)]


def answers(folder: Path, products: Sequence[Product]) -> list[str]:
    expert = DomainExpert.open(Workspace(folder))
    return [one.candidates[0].category_path for one in expert(products)]


def test_the_taxonomy_is_the_new_one(migrated: Path) -> None:
    expert = DomainExpert.open(Workspace(migrated / "workspace"))
    assert {c.category_path for c in expert.taxonomy.categories} == {CANS, KITCHEN, COFFEE, MATS, NEW}


def test_answers_elsewhere_do_not_change(
    workspace_dir: Path, migrated: Path, products: list[Product]
) -> None:
    new_of = {HEADPHONES: CANS, KNIVES: KITCHEN, HOSES: KITCHEN, COFFEE: COFFEE, MATS: MATS}
    before, after = answers(workspace_dir, products), answers(migrated / "workspace", products)
    carried = [(new_of[old], new) for old, new in zip(before, after, strict=True) if old in new_of]
    assert len(carried) > len(products) / 2
    assert [old for old, _ in carried] == [new for _, new in carried]


def test_a_removed_category_is_never_an_answer(migrated: Path, products: list[Product]) -> None:
    expert = DomainExpert.open(Workspace(migrated / "workspace"))
    beds = [product for product in products if product.category_paths == (BEDS,)]
    offered = {c.category_path for one in expert(beds) for c in one.candidates}
    assert offered <= {CANS, KITCHEN, COFFEE, MATS, NEW}


def test_the_old_workspace_stays_as_it_was(workspace_dir: Path, migrated: Path) -> None:
    assert (migrated / "workspace").is_dir()
    assert not (workspace_dir / RELABEL_FILE).exists()
    Workspace(workspace_dir)  # checks all hashes


def test_every_label_is_carried_or_waits(migrated: Path, tiny_catalog: Path, products: list[Product]) -> None:
    carried = {
        row.product.product_id: row.product.category_paths for row in read_catalog(migrated / "catalog.jsonl")
    }
    waiting = {case.product_id: case for case in read_cases(migrated / REVIEW) if case.origin == "label"}
    for product in products:
        if product.category_paths == (BEDS,):
            assert carried[product.product_id] == ()
            assert waiting[product.product_id].old_category_path == BEDS
        else:
            assert len(carried[product.product_id]) == 1
            assert product.product_id not in waiting
    assert len(carried) == len(products)


def test_examples_and_validation_speak_of_the_new_categories(workspace_dir: Path, migrated: Path) -> None:
    old, new = Workspace(workspace_dir), Workspace(migrated / "workspace")
    before, after = (pq.read_table(one.path("examples.parquet")) for one in (old, new))
    assert after.num_rows == before.num_rows - 9
    assert {path for row in read_validation(new) for path in row.product.category_paths} == {
        CANS,
        KITCHEN,
        COFFEE,
        MATS,
    }
    assert new.manifest.counts["validation"] == len(read_validation(new)) <= len(read_validation(old)) - 4


def test_decisions_about_single_products_are_followed(
    workspace_dir: Path, tiny_catalog: Path, crosswalk: Path, migrated: Path, tmp_path: Path
) -> None:
    text = (migrated / REVIEW).read_text("utf-8")
    first = next(case for case in read_cases(migrated / REVIEW) if case.old_category_path == BEDS)
    filled = tmp_path / "filled.csv"
    row = next(line for line in text.splitlines() if line.startswith(f"{first.product_id},"))
    filled.write_text(text.replace(row, row.replace(f"{BEDS},,", f"{BEDS},{MATS},")), "utf-8")
    job = MigrationJob(crosswalk, tmp_path / "out", catalog=tiny_catalog, decisions=filled)
    done = migrate(job, Silent())
    assert done.open == 14
    carried = {
        row.product.product_id: row.product.category_paths
        for row in read_catalog(tmp_path / "out" / "catalog.jsonl")
    }
    assert carried[first.product_id] == (MATS,)


def test_a_decision_for_no_category_is_refused(tiny_catalog: Path, crosswalk: Path, tmp_path: Path) -> None:
    filled = tmp_path / "filled.csv"
    filled.write_text(f"product_id,old_category_path,new_category_path\np,{BEDS},Sports > Joga\n", "utf-8")
    job = MigrationJob(crosswalk, tmp_path / "out", catalog=tiny_catalog, decisions=filled)
    with pytest.raises(TaxonomyError, match="'Sports > Joga'"):
        migrate(job, Silent())


def test_a_second_migration_goes_on_from_the_first(
    migrated: Path, products: list[Product], tmp_path: Path
) -> None:
    file = tmp_path / "c.csv"
    links = [to(KITCHEN, "Home > All"), same(COFFEE), same(MATS), same(NEW), to(CANS, "Electronics > Cans")]
    write_crosswalk(file, links)
    out = tmp_path / "again"
    migrate(MigrationJob(file, out, workspace=migrated / "workspace"), Silent())
    names = {KITCHEN: "Home > All", CANS: "Electronics > Cans"}
    before = answers(migrated / "workspace", products)
    assert [names.get(path, path) for path in before] == answers(out / "workspace", products)


def definition(path: str) -> Definition:
    return Definition(
        category_id=derived_id(path),
        category_path=path,
        text=f"All {path}.",
        method="person",
        terms=(),
        example_ids=(),
        sibling_ids=(),
        model="",
        prompt="",
        version=1,
        inputs_hash="",
        status="edited",
    )


def test_definitions_go_along_and_none_is_lost(workspace_copy: Path, crosswalk: Path, tmp_path: Path) -> None:
    store = DefinitionStore.open(workspace_copy / DEFINITIONS)
    for path in ALL:
        store.add(definition(path))
    store.close()
    migrate(MigrationJob(crosswalk, tmp_path / "out", workspace=workspace_copy), Silent())
    moved = DefinitionStore.open(tmp_path / "out" / "workspace" / DEFINITIONS)
    assert moved.get([derived_id(CANS)])[derived_id(CANS)].text == f"All {HEADPHONES}."
    assert moved.get([derived_id(CANS)])[derived_id(CANS)].category_path == CANS
    assert moved.get([derived_id(KITCHEN)]) == {}
    assert {one.current.text for one in moved.all().values()} == {f"All {path}." for path in ALL}
    moved.close()


def test_a_gate_per_department_keeps_departments_that_went_one_way(
    workspace_copy: Path, crosswalk: Path, tmp_path: Path
) -> None:
    gate = Workspace(workspace_copy).gate()
    opening = {name: getattr(gate, name) for name in ("rows", "coverage", "accuracy", "lower_bound")}
    groups = {name: {**opening, "threshold": 0.5} for name in ("Electronics", "Kitchen", "Pet Supplies")}
    document = {**gate.model_dump(), "per": "department", "groups": groups}
    (workspace_copy / GATE).write_text(json.dumps(document), "utf-8")
    migrate(MigrationJob(crosswalk, tmp_path / "out", workspace=workspace_copy), Silent())
    assert set(Workspace(tmp_path / "out" / "workspace").gate().groups) == {"Electronics", "Home"}


def test_corrections_are_carried_and_the_others_kept(crosswalk: Path, tmp_path: Path) -> None:
    file = tmp_path / "corrections.csv"
    rows = [
        Correction(product_id="a", old_category_path=COFFEE, new_category_path=HEADPHONES, source="review"),
        Correction(
            product_id="b", old_category_path=BEDS, new_category_path=MATS, source="audit", reviewer="Ann"
        ),
    ]
    write_corrections(file, rows)
    done = migrate(MigrationJob(crosswalk, tmp_path / "out", corrections=file), Silent())
    (carried,) = read_corrections(tmp_path / "out" / "corrections.csv")
    assert (carried.old_category_path, carried.new_category_path) == (COFFEE, CANS)
    assert read_corrections(tmp_path / "out" / "corrections.left.csv") == rows[1:]
    assert done.open == 1


def test_a_crosswalk_of_another_taxonomy_is_refused(workspace_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.csv"
    write_crosswalk(file, [same("Other > Shop")])
    with pytest.raises(TaxonomyError, match="none of the workspace's 6 categories"):
        migrate(MigrationJob(file, tmp_path / "out", workspace=workspace_dir), Silent())
    assert not (tmp_path / "out" / "workspace").exists()


def test_nothing_to_migrate_and_a_folder_that_is_taken(
    crosswalk: Path, migrated: Path, tiny_catalog: Path
) -> None:
    with pytest.raises(SettingsError, match="nothing to migrate"):
        migrate(MigrationJob(crosswalk, migrated), Silent())
    with pytest.raises(WorkspaceError, match="holds a migration"):
        migrate(MigrationJob(crosswalk, migrated, catalog=tiny_catalog), Silent())
