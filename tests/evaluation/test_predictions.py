from pathlib import Path

import pytest

from catalog.errors import CatalogError
from evaluation.compare import compare
from evaluation.predictions import compare_files, read_predictions, write_predictions

IDS, TRUTHS = ["p1", "p2", "p3"], [{"A > B"}, {"C", "A > B"}, {"C"}]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.parquet", IDS, TRUTHS, ["A > B", "C", "A > B"])
    found = read_predictions(tmp_path / "p.parquet")
    assert [found[one].truths for one in IDS] == TRUTHS
    assert [found[one].prediction for one in IDS] == ["A > B", "C", "A > B"]


def test_two_files_are_compared_by_product_whatever_their_order(tmp_path: Path) -> None:
    write_predictions(tmp_path / "first.parquet", IDS, TRUTHS, ["C", "C", "C"])
    (tmp_path / "second.csv").write_text(
        "prediction,product_id,category_path\nC,p3,C\nA > B,p1,A > B\nA>B,p2,A > B | C\n", "utf-8"
    )
    found = compare_files(tmp_path / "first.parquet", tmp_path / "second.csv", resamples=20)
    truths = [frozenset(paths) for paths in TRUTHS]
    assert found == compare(truths, ["C", "C", "C"], ["A > B", "A>B", "C"], resamples=20)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("product_id,prediction\np1,A\n", "no column `category_path`"),
        ("product_id,category_path,prediction\np1,A,\n", "line 2: `prediction` is missing"),
        ("product_id,category_path,prediction\np1,A >  > B,A\n", "empty part"),
        ("product_id,category_path,prediction\np1,A,A\np1,A,A\n", "line 3: 'p1' again"),
        ("product_id,category_path,prediction\np1\n", "line 2: 1 fields"),
    ],
)
def test_a_bad_file_is_refused_with_the_place(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogError, match=part) as caught:
        read_predictions(path)
    assert caught.value.fix


def test_systems_on_different_rows_or_labels_are_not_compared(tmp_path: Path) -> None:
    first, fewer, other = (tmp_path / f"{name}.parquet" for name in ("first", "fewer", "other"))
    write_predictions(first, IDS, TRUTHS, ["C"] * 3)
    write_predictions(fewer, IDS[:2], TRUTHS[:2], ["C"] * 2)
    write_predictions(other, IDS, [*TRUTHS[:2], {"D"}], ["C"] * 3)
    with pytest.raises(CatalogError, match="differ in 1 products, such as 'p3'"):
        compare_files(first, fewer)
    with pytest.raises(CatalogError, match="disagree about the true path of 'p3'"):
        compare_files(first, other)
