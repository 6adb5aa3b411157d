from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog.errors import TaxonomyError
from taxonomy.formats.rows import read_rows
from taxonomy.read import read_taxonomy


def test_paths_alone_bring_their_parents(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("path\nToys > Balls\nToys > Cubes\n", "utf-8")
    tree = read_taxonomy([file]).tree
    assert tree is not None
    assert [(node.category_path, node.leaf) for node in tree] == [
        ("Toys", False),
        ("Toys > Balls", True),
        ("Toys > Cubes", True),
    ]


def test_with_ids_a_missing_parent_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,path\n1,Toys\n2,Games > Chess\n", "utf-8")
    read = read_taxonomy([file])
    assert read.tree is None
    assert [str(one) for one in read.findings] == [f"`{file}` line 3: its parent 'Games' is not in the file."]


def test_an_id_with_two_paths_is_an_error_and_a_repeated_line_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,path\n1,Toys\n1,Games\n1,Toys\n", "utf-8")
    findings = read_taxonomy([file]).findings
    assert [(one.kind, one.level, one.place.number) for one in findings] == [
        ("duplicate_id", "error", 3),
        ("duplicate_path", "warning", 4),
    ]


def test_parquet_with_languages(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    columns = {
        "category_id": ["1", "2", "1", "2"],
        "category_path": ["Spiel", "Spiel > Ball", "Toys", "Toys > Ball"],
        "locale": ["de", "de", "en", "en"],
        "definition": ["", "Rund.", "", "Round."],
    }
    pq.write_table(pa.table(columns), file)
    tree = read_taxonomy([file]).tree
    assert tree is not None
    assert (tree.locale, tree.locales) == ("en", ["de", "en"])
    assert tree.require("Toys > Ball").description == "Round."


def test_a_bad_row_loses_no_other(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('path\nToys\n"a",b\nGames >  > x\nBooks\n', "utf-8")
    drafts = read_rows(file, "")
    assert [one.name for one in drafts.drafts] == ["Toys", "Books"]
    assert [one.place.number for one in drafts.findings] == [3, 4]


def test_no_column_of_paths(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("word\nToys\n", "utf-8")
    with pytest.raises(TaxonomyError, match="column of paths"):
        read_rows(file, "")
