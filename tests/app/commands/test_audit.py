import csv
import json
from pathlib import Path

import pytest

from app.auditing import CORRECTIONS_FILE
from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from audit.export import CSV_FILE, JSON_FILE, PAGE_FILE
from review.corrections import apply_corrections
from review.corrections_file import read_corrections
from tests.audit.conftest import World, make_world
from tests.conftest import Cli


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture
def catalog(world: World, tmp_path: Path) -> Path:
    """The world with planted errors as a file that calls its label column `label`."""
    path = tmp_path / "catalog.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["product_id", "title", "label"])
        for row in world.rows:
            writer.writerow([row.product.product_id, row.product.title, row.product.category_paths[0]])
    return path


def test_suspicions_go_into_all_files(cli: Cli, catalog: Path, world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    label = ("--column", "category_path=label")
    outcome = cli("audit", catalog, *label, "--out", out, "--top", 12, "--json")
    assert outcome.code == OK
    ids = [s["product"]["product_id"] for s in outcome.document["suspicions"]]
    assert len(set(ids) & world.planted.keys()) >= 11
    assert outcome.document["page"] == str(out / PAGE_FILE)
    assert {file.name for file in out.iterdir()} == {CSV_FILE, JSON_FILE, PAGE_FILE, CORRECTIONS_FILE}
    assert json.loads((out / JSON_FILE).read_text("utf-8"))["labels"] == 180


def test_proposed_corrections_wait_for_a_person(
    cli: Cli, catalog: Path, world: World, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    cli("audit", catalog, "--column", "category_path=label", "--out", out, "--top", 12)
    proposed = read_corrections(out / CORRECTIONS_FILE)
    products = [row.product for row in world.rows]
    untouched, report = apply_corrections(products, proposed)
    assert untouched == products
    assert report.counts == {"not_accepted": len(proposed)}
    accepted = [one.model_copy(update={"status": "accepted"}) for one in proposed]
    mended, _ = apply_corrections(products, accepted)
    right = [p.category_paths[0] == world.planted.get(p.product_id, p.category_paths[0]) for p in mended]
    assert sum(right) >= len(right) - 2


def test_without_a_folder_it_is_a_table(cli: Cli, catalog: Path, world: World) -> None:
    outcome = cli("audit", catalog, "--column", "category_path=label")
    assert outcome.code == OK
    assert "suspicious labels" in outcome.stdout
    assert "speak for" in outcome.stdout
    assert "of 180 labels are wrong" in outcome.stdout


def test_only_the_parts_asked_for_are_audited(cli: Cli, catalog: Path, world: World, tmp_path: Path) -> None:
    split = tmp_path / "split.csv"
    parts = [f"{row.product.product_id},{'test' if row.number % 3 else 'train'}" for row in world.rows]
    split.write_text("\n".join(["product_id,split", *parts]) + "\n", "utf-8")
    some = ("audit", catalog, "--column", "category_path=label", "--split", split, "--json")
    assert cli(*some).document["labels"] == 60
    assert cli(*some, "--part", "train", "--part", "test").document["labels"] == 180
    wrong = cli(*some, "--part", "rest")
    assert wrong.code == COULD_NOT_RUN
    assert "`--part` among test, train" in wrong.document["error"]["fix"]


def test_bad_rows_are_listed_and_lose_nothing(cli: Cli, catalog: Path, tmp_path: Path) -> None:
    catalog.write_text(catalog.read_text("utf-8") + "x1,,Pets > Dogs > Beds\nx2,Unlabelled thing,\n", "utf-8")
    outcome = cli("audit", catalog, "--column", "category_path=label", "--json")
    assert outcome.code == ERROR_ROWS
    assert outcome.document["labels"] == 180
    assert [error["product_id"] for error in outcome.document["errors"]] == ["x1", "x2"]


def test_too_small_a_catalog_is_refused(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("product_id,title,category_path\n1,hose,Garden\n2,knife,Kitchen\n", "utf-8")
    outcome = cli("audit", path)
    assert outcome.code == COULD_NOT_RUN
    assert "too few to compare" in outcome.stderr


def test_the_dual_expert_is_asked_about_rows_it_was_not_trained_on(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    lines = tiny_catalog.read_text("utf-8").splitlines()
    strange = [line.replace("tiny-", "new-") for line in lines[1:]]
    # A dog bed among the headphones.
    strange.append(
        "odd,Orthopaedic dog bed memory foam for large dogs,Pawlor,Electronics > Audio > Headphones,en"
    )
    catalog = tmp_path / "new.csv"
    catalog.write_text("\n".join([lines[0], *strange]) + "\n", "utf-8")
    options = ("--workspace", workspace_dir, "--llm", "none", "--device", "cpu", "--json")
    found = cli("audit", catalog, *options).document["suspicions"]
    (odd,) = [s for s in found if s["product"]["product_id"] == "odd"]
    assert odd["proposed_path"] == "Pet Supplies > Dogs > Dog Beds"
    assert odd["why"][-1].startswith("The dual expert says 'Pet Supplies > Dogs > Dog Beds' too (confidence")
