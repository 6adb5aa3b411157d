from pathlib import Path

import pytest

from catalog.errors import CatalogError
from review.corrections import Correction
from review.corrections_file import COLUMNS, merged, read_corrections, write_corrections

ONE = Correction(
    product_id="a",
    title='12" hose, "flexible"\nsecond line',
    old_category_path="Garden > Pipes",
    new_category_path="Garden > Hoses",
    source="audit",
    reviewer="ann",
    time="2026-11-02T10:00:00+00:00",
)


def written(folder: Path, text: str) -> Path:
    path = folder / "corrections.csv"
    path.write_text(text, "utf-8")
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "corrections.csv"
    other = ONE.model_copy(update={"product_id": "b", "title": "", "reviewer": "Åsa", "status": "proposed"})
    write_corrections(path, [ONE, other])
    assert read_corrections(path) == [ONE, other]
    assert path.read_text("utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert [file.name for file in path.parent.iterdir()] == ["corrections.csv"]


def test_a_short_file_is_enough_and_paths_are_cleaned(tmp_path: Path) -> None:
    path = written(
        tmp_path, "product_id,new_category_path,source\na,Garden >  Hoses,chat\na,Garden > Hoses,chat\n"
    )
    found = Correction(product_id="a", new_category_path="Garden > Hoses", source="chat")
    assert read_corrections(path) == [found]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,Garden > Hoses,phone", "`source` is 'phone'"),
        (",Garden > Hoses,audit", "`product_id` is ''"),
        ("a,,audit", "`new_category_path` is ''"),
        ("a,Garden >  > Hoses,audit", "has an empty part"),
        ("a,Garden", "2 fields"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    path = written(tmp_path, f"product_id,new_category_path,source\nb,Garden > Hoses,audit\n{row}\n")
    with pytest.raises(CatalogError) as error:
        read_corrections(path)
    assert f"`{path}` line 3: " in error.value.message
    assert said in error.value.message


def test_all_bad_rows_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, "product_id,new_category_path,source\n" + "a,,audit\n" * 8)
    with pytest.raises(CatalogError, match=r"line 2: .* and 3 more rows"):
        read_corrections(path)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("product_id,source", "no column 'new_category_path'"),
        ("product_id,new_category_path,source,wage", "a column 'wage'"),
    ],
)
def test_other_columns_are_refused(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        read_corrections(written(tmp_path, f"{header}\n"))


def test_a_newer_correction_takes_the_place_of_a_standing_one() -> None:
    newer = ONE.model_copy(update={"new_category_path": "Garden > Taps"})
    other = ONE.model_copy(update={"product_id": "b"})
    assert merged([ONE, other], [newer]) == [newer, other]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(CatalogError, match="cannot be written"):
        write_corrections(tmp_path / "file" / "corrections.csv", [ONE])
