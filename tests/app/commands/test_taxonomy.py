from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from taxonomy.crosswalk_file import read_crosswalk
from taxonomy.file import load_tree
from tests.conftest import Cli

GOOGLE = "1 - Toys\n2 - Toys > Balls\n3 - Toys > Cubes\n"


@pytest.fixture
def google(tmp_path: Path) -> Path:
    file = tmp_path / "taxonomy-with-ids.en-US.txt"
    file.write_text(GOOGLE, "utf-8")
    return file


def test_import_writes_one_form_and_says_what_it_is(cli: Cli, google: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.jsonl"
    outcome = cli("taxonomy", "import", google, "--out", out, "--json")
    assert outcome.code == OK
    assert {name: outcome.document[name] for name in ("categories", "leaves", "locale", "source")} == {
        "categories": 3,
        "leaves": 2,
        "locale": "en-US",
        "source": "google",
    }
    assert len(load_tree(out)) == 3


def test_an_error_names_file_and_line_and_nothing_is_written(cli: Cli, google: Path, tmp_path: Path) -> None:
    google.write_text(GOOGLE + "3 - Toys > Dice\n", "utf-8")
    outcome = cli("taxonomy", "import", google, "--out", tmp_path / "t.jsonl")
    assert outcome.code == COULD_NOT_RUN
    assert f"`{google}` line 4" in outcome.stderr
    assert not (tmp_path / "t.jsonl").exists()


def test_warnings_are_told_and_do_not_stop(cli: Cli, google: Path, tmp_path: Path) -> None:
    google.write_text(GOOGLE + "4 - Toys > Ball\n", "utf-8")
    outcome = cli("taxonomy", "import", google, "--out", tmp_path / "t.jsonl")
    assert outcome.code == OK
    assert "warning: " in outcome.stderr
    assert "4 categories, 3 of them leaves" in outcome.stdout


def test_an_unknown_form(cli: Cli, google: Path, tmp_path: Path) -> None:
    outcome = cli("taxonomy", "import", google, "--out", tmp_path / "t.jsonl", "--format", "excel")
    assert outcome.code == COULD_NOT_RUN
    assert "shopify" in outcome.stderr


def test_show_draws_searches_and_shows_one(cli: Cli, google: Path) -> None:
    assert "Toys\n  Balls\n  Cubes" in cli("taxonomy", "show", google).stdout
    assert cli("taxonomy", "show", google, "--search", "ball").stdout.strip() == "Toys > Balls  [2]"
    assert "siblings: Cubes" in cli("taxonomy", "show", google, "--category", "2").stdout
    outcome = cli("taxonomy", "show", google, "--category", "9")
    assert outcome.code == COULD_NOT_RUN


def test_diff_and_migrate(cli: Cli, google: Path, tmp_path: Path) -> None:
    new, crosswalk = tmp_path / "new.en-US.txt", tmp_path / "c.csv"
    new.write_text("1 - Toys\n2 - Toys > Rubber Balls\n", "utf-8")
    outcome = cli("taxonomy", "diff", google, new, "--out", crosswalk, "--json")
    assert outcome.code == OK
    assert outcome.document["review"] == 1
    assert read_crosswalk(crosswalk).carry("Toys > Balls").target == "Toys > Rubber Balls"
    catalog = tmp_path / "c.jsonl"
    catalog.write_text(
        '{"product_id": "a", "title": "Ball", "category_path": "Toys > Balls"}\n'
        '{"product_id": "b", "title": "Cube", "category_path": "Toys > Cubes"}\n'
        '{"product_id": "c", "title": "", "category_path": "Toys > Cubes"}\n',
        "utf-8",
    )
    out = tmp_path / "out"
    outcome = cli(
        "taxonomy", "migrate", "--crosswalk", crosswalk, "--catalog", catalog, "--out", out, "--json"
    )
    assert outcome.code == ERROR_ROWS
    assert outcome.document["parts"]["catalog"] == {"labels": 1, "open": 1, "errors": 1}
    assert outcome.document["open"] == 1


def test_map(cli: Cli, google: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("path\nPlaying > Ball\nPlaying > Nothing Alike\n", "utf-8")
    outcome = cli("taxonomy", "map", own, google, "--out", tmp_path / "m.csv")
    assert outcome.code == OK
    links = {
        one.old_path: one for one in read_crosswalk(tmp_path / "m.csv").links if one.status != "alternative"
    }
    assert links["Playing > Ball"].new_path == "Toys > Balls"
    assert links["Playing > Nothing Alike"].status == "review"


def test_both_catalogs_or_none(cli: Cli, google: Path, tmp_path: Path) -> None:
    outcome = cli("taxonomy", "diff", google, google, "--out", tmp_path / "c.csv", "--old-catalog", google)
    assert outcome.code == COULD_NOT_RUN
    assert "both catalogs" in outcome.stderr


def test_add(cli: Cli, workspace_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "grown"
    outcome = cli(
        "taxonomy",
        "add",
        "Sports > Yoga > Yoga Blocks",
        "--workspace",
        workspace_dir,
        "--out",
        out,
        "--name",
        "de=Yogablock",
        "--json",
    )
    assert outcome.code == OK
    (added,) = outcome.document["added"]
    assert added["category"]["names"] == {"de": "Yogablock"}
    assert added["nearest"][0][0] == "Sports > Yoga > Yoga Mats"


def test_options_of_one_category_with_several(cli: Cli, workspace_dir: Path) -> None:
    outcome = cli("taxonomy", "add", "A > B", "A > C", "--workspace", workspace_dir, "--id", "x")
    assert outcome.code == COULD_NOT_RUN
