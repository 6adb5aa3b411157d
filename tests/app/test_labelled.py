import csv
from pathlib import Path

import pytest

from app.labelled import Labelled, Part, drawn, read_labelled, refuse_training_rows
from catalog.errors import CatalogError
from catalog.progress import Silent
from retrieval.taxonomy import Taxonomy

HOSES, BEDS = "Garden > Hoses", "Pets > Beds"
TAXONOMY = Taxonomy.from_paths([HOSES, BEDS])


def _catalog(folder: Path, *rows: tuple[str, str, str]) -> Path:
    path = folder / "catalog.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("product_id", "title", "category_path"), *rows])
    return path


def _split(folder: Path, **parts: str) -> Path:
    path = folder / "split.csv"
    lines = "".join(f"{product_id},{part}\n" for product_id, part in parts.items())
    path.write_text(f"product_id,split\n{lines}", "utf-8")
    return path


def _read(catalog: Path, part: Part) -> Labelled:
    return read_labelled(catalog, columns={}, part=part, taxonomy=TAXONOMY, progress=Silent())


def test_rows_that_cannot_be_used_are_set_aside(tmp_path: Path) -> None:
    catalog = _catalog(
        tmp_path, ("a", "Hose", HOSES), ("b", "", HOSES), ("c", "Rope", "Boats > Ropes"), ("d", "Bed", "")
    )
    labelled = _read(catalog, Part.read(None, "test"))
    assert [p.product_id for p in labelled.products] == ["a"]
    kinds = [(e.number, e.product_id, e.kind) for e in labelled.errors]
    assert kinds == [(2, "b", "empty_title"), (3, "c", "unknown_category"), (4, "d", "bad_value")]


def test_a_part_has_its_own_rows_and_errors_only(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path, ("a", "Hose", HOSES), ("b", "", HOSES), ("c", "Bed", BEDS), ("d", "", BEDS))
    part = Part.read(_split(tmp_path, a="train", b="train", c="test", d="test"), "test")
    labelled = _read(catalog, part)
    assert [p.product_id for p in labelled.products] == ["c"]
    assert [e.product_id for e in labelled.errors] == ["d"]


def test_products_of_the_same_text_share_their_labels_over_all_parts(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path, ("a", "Soft BED!", HOSES), ("b", "soft bed", BEDS), ("c", "Bed", BEDS))
    labelled = _read(catalog, Part.read(_split(tmp_path, a="train", b="test", c="test"), "test"))
    assert [labelled.any_truths(p) for p in labelled.products] == [(HOSES, BEDS), (BEDS,)]


def test_an_unknown_part_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no part 'test'") as caught:
        Part.read(_split(tmp_path, a="train", b="dev"), "test")
    assert "'dev' (1), 'train' (1)" in caught.value.fix


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no row of 'all rows'"):
        _read(_catalog(tmp_path, ("a", "Hose", "Boats > Hoses")), Part.read(None, "test"))


def test_rows_that_were_trained_on_are_refused(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path, ("a", "Hose", HOSES), ("b", "Bed", BEDS))
    labelled = _read(catalog, Part.read(None, "test"))
    refuse_training_rows(catalog, labelled, frozenset({"x"}))
    with pytest.raises(CatalogError, match=r"1 of 2 rows .* such as 'b'") as caught:
        refuse_training_rows(catalog, labelled, frozenset({"b"}))
    assert "--split" in caught.value.fix


def test_a_limit_draws_the_same_rows_every_time_in_order(tmp_path: Path) -> None:
    catalog = _catalog(tmp_path, *((f"{i:02d}", f"Hose {i}", HOSES) for i in range(30)))
    labelled = _read(catalog, Part.read(None, "test"))
    ids = [p.product_id for p in drawn(labelled, 5)]
    assert len(set(ids)) == 5
    assert ids == sorted(ids)
    assert ids != [f"{i:02d}" for i in range(5)]
    assert ids == [p.product_id for p in drawn(labelled, 5)]
    assert len(drawn(labelled, None)) == len(drawn(labelled, 40)) == 30
