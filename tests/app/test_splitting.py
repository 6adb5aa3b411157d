from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from app.splitting import SplitJob, split_catalog
from catalog.errors import CatalogError, SettingsError
from catalog.progress import Silent
from catalog.split import read_split


@pytest.fixture
def job(tiny_catalog: Path, tmp_path: Path) -> SplitJob:
    return SplitJob(
        catalog=tiny_catalog,
        out=tmp_path / "split.csv",
        columns={},
        folds=None,
        validation=0.2,
        test=0.2,
        new_categories=0.0,
        seed=0,
    )


def sizes(job: SplitJob) -> dict[str, int]:
    return dict(Counter(read_split(job.out).values()))


def test_shares_are_of_all_products(job: SplitJob) -> None:
    division = split_catalog(job, Silent())
    assert sizes(job) == {"train": 54, "validation": 18, "test": 18}
    assert {name: part.products for name, part in division.parts.items()} == sizes(job)
    assert [part.categories for part in division.parts.values()] == [6, 6, 6]
    assert division.errors == 0


def test_folds_take_the_place_of_parts(job: SplitJob) -> None:
    split_catalog(replace(job, folds=3), Silent())
    assert sizes(job) == {"fold0": 30, "fold1": 30, "fold2": 30}


def test_new_categories_are_in_no_other_part(job: SplitJob, tmp_path: Path) -> None:
    catalog, out = tmp_path / "c.csv", tmp_path / "s.parquet"
    rows = [f"{c}{w},{w},D{c % 2} > C{c}" for c in range(10) for w in ("Pan", "Pot", "Wok", "Lid", "Jar")]
    catalog.write_text("\n".join(["product_id,title,category_path", *rows]), "utf-8")
    division = split_catalog(replace(job, catalog=catalog, new_categories=0.2, out=out), Silent())
    parts = read_split(out)
    new = {one[0] for one, part in parts.items() if part == "new"}
    assert not new & {one[0] for one, part in parts.items() if part != "new"}
    assert division.parts["new"].categories == len(new) == 2
    assert set(parts.values()) == {"train", "validation", "test", "new"}


def test_nothing_held_out_leaves_all_to_train(job: SplitJob) -> None:
    split_catalog(replace(job, validation=0.0, test=0.0), Silent())
    assert sizes(job) == {"train": 90}


def test_bad_rows_are_in_no_part(job: SplitJob, tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("product_id,title,category_path\na,Pan,K\nb,,K\nc,Pot,\n", "utf-8")
    assert split_catalog(replace(job, catalog=catalog), Silent()).errors == 2
    assert read_split(job.out) == {"a": "train"}


@pytest.mark.parametrize(
    ("change", "part"),
    [({"validation": 0.5, "test": 0.5}, "nothing to train on"), ({"out": Path("s.json")}, "`s.json`")],
)
def test_senseless_jobs_are_refused(job: SplitJob, change: dict[str, object], part: str) -> None:
    with pytest.raises(SettingsError, match=part):
        split_catalog(replace(job, **change), Silent())


def test_a_catalog_without_usable_rows_is_refused(job: SplitJob, tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("product_id,title,category_path\nb,,K\n", "utf-8")
    with pytest.raises(CatalogError, match="no usable row"):
        split_catalog(replace(job, catalog=catalog), Silent())


def test_a_place_that_cannot_be_written_is_said(job: SplitJob, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogError, match="cannot be written"):
        split_catalog(replace(job, out=tmp_path / "file" / "s.csv"), Silent())
