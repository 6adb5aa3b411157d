from pathlib import Path

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from catalog.split import read_split
from tests.conftest import Cli


def test_the_file_is_what_evaluate_reads(cli: Cli, tiny_catalog: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "split.csv"
    outcome = cli("split", tiny_catalog, "--out", out, "--test", 0.2, "--json")
    assert outcome.code == OK
    assert outcome.document["out"] == str(out)
    assert outcome.document["errors"] == 0
    assert outcome.document["parts"]["test"] == {"products": 18, "categories": 6}
    assert list(read_split(out).values()).count("test") == 18


def test_the_parts_stand_in_a_table(cli: Cli, tiny_catalog: Path, tmp_path: Path) -> None:
    outcome = cli("split", tiny_catalog, "--out", tmp_path / "s.parquet", "--folds", 2)
    assert outcome.code == OK
    assert "fold0" in outcome.stdout
    assert "45" in outcome.stdout


def test_bad_rows_are_counted(cli: Cli, tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("product_id,title,category_path\na,Pan,K\nb,,K\n", "utf-8")
    outcome = cli("split", catalog, "--out", tmp_path / "s.csv")
    assert outcome.code == ERROR_ROWS
    assert "1 rows could not be used" in outcome.stdout


def test_an_extension_that_is_not_written_is_said(cli: Cli, tiny_catalog: Path) -> None:
    outcome = cli("split", tiny_catalog, "--out", "s.json", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert ".parquet" in outcome.document["error"]["fix"]
