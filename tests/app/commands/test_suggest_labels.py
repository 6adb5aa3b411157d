"""`suggest-labels` names products without a label, in a file that `train` reads once it is filled in."""

import csv
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from catalog.reader import read_catalog
from tests.conftest import Cli


@pytest.fixture
def unlabelled(tiny_catalog: Path, tmp_path: Path) -> Path:
    """The small catalog's products under other ids, one of them labelled and one without a title."""
    rows = [row.product for row in read_catalog(tiny_catalog, labelled=True)]
    file = tmp_path / "pool.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["product_id", "title", "category_path"])
        writer.writerows([f"new-{p.product_id}", p.title, ""] for p in rows[:40])
        writer.writerow(["labelled", rows[0].title, rows[0].category_paths[0]])
        writer.writerow([rows[50].product_id, rows[50].title, ""])
    return file


def test_the_file_can_be_filled_in_and_trained_on(
    cli: Cli, unlabelled: Path, workspace_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "label.csv"
    found = cli(
        *("suggest-labels", unlabelled, "--workspace", workspace_dir, "--count", 8, "--out", out),
        *("--device", "cpu", "--json"),
    )
    assert found.code == OK
    document = found.document
    assert document["suggested"] == 8
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["product_id"] for row in rows}) == 8
    assert "labelled" not in {row["product_id"] for row in rows}
    assert all(row["category_path"] == "" and row["suggested_category_path"] for row in rows)
    assert sum(document["why"].values()) == 8
    filled = tmp_path / "filled.csv"
    filled.write_text(
        out.read_text("utf-8").replace(",,", f",{rows[0]['suggested_category_path']},", 1), "utf-8"
    )
    assert sum(hasattr(item, "product") for item in read_catalog(filled)) == 8


def test_a_product_that_the_workspace_learnt_from_is_not_named(
    cli: Cli, tiny_catalog: Path, workspace_dir: Path, tmp_path: Path
) -> None:
    learnt = next(iter(read_catalog(tiny_catalog, labelled=True))).product
    pool = tmp_path / "pool.csv"
    pool.write_text(f"product_id,title\n{learnt.product_id},{learnt.title!r}\nfresh,Dog bed\n", "utf-8")
    out = tmp_path / "label.csv"
    cli("suggest-labels", pool, "--workspace", workspace_dir, "--out", out, "--device", "cpu")
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["product_id"] for row in csv.DictReader(file)] == ["fresh"]


def test_rows_that_cannot_be_read_are_counted(cli: Cli, workspace_dir: Path, tmp_path: Path) -> None:
    pool = tmp_path / "pool.csv"
    pool.write_text("product_id,title\n1,Dog bed\n2,\n", "utf-8")
    found = cli(
        *("suggest-labels", pool, "--workspace", workspace_dir, "--out", tmp_path / "o.csv"),
        *("--device", "cpu", "--json"),
    )
    assert (found.code, found.document["error_rows"]) == (ERROR_ROWS, 1)


def test_a_catalog_with_labels_only_is_refused(
    cli: Cli, tiny_catalog: Path, workspace_dir: Path, tmp_path: Path
) -> None:
    found = cli(
        *("suggest-labels", tiny_catalog, "--workspace", workspace_dir, "--out", tmp_path / "o.csv", "--json")
    )
    assert found.code == COULD_NOT_RUN
    assert "no product without a label" in found.document["error"]["message"]
