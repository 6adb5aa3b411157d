import csv
import json
from pathlib import Path

import pytest

from agents.case import Definition
from agents.definitions import DefinitionDesk, DefinitionStore
from app.definition_files import COLUMNS, read_definitions, write_definitions
from catalog.errors import CatalogError, SettingsError
from retrieval.taxonomy import Taxonomy

HOSES, TAPS = "Garden > Hoses", "Garden > Taps"
TAXONOMY = Taxonomy.from_paths([HOSES, TAPS])


def draft(text: str, path: str = HOSES, inputs_hash: str = "h1") -> Definition:
    return Definition(
        category_id=TAXONOMY[TAXONOMY.require(path)].category_id,
        category_path=path,
        text=text,
        method="llm",
        terms=("hose",),
        example_ids=(),
        sibling_ids=(),
        model="m",
        prompt="p",
        version=1,
        inputs_hash=inputs_hash,
    )


@pytest.fixture
def store() -> DefinitionStore:
    return DefinitionStore.in_memory([draft("Tubes, flexible, for the garden."), draft("Taps.", TAPS)])


@pytest.fixture
def desk(store: DefinitionStore) -> DefinitionDesk:
    return DefinitionDesk(store, TAXONOMY)


def lines(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def taken(desk: DefinitionDesk, path: Path) -> tuple[int, int, int, int]:
    done = read_definitions(path, desk, "Ann")
    return done.edited, done.approved, done.unchanged, len(done.errors)


@pytest.mark.parametrize("name", ["out.csv", "deep/out.jsonl"])
def test_an_export_that_nobody_changed_changes_nothing(desk, tmp_path, name: str) -> None:
    path = tmp_path / name
    assert write_definitions(path, desk.histories()) == 2
    before = desk.histories()
    assert taken(desk, path) == (0, 0, 2, 0)
    assert desk.histories() == before


def test_a_csv_has_one_row_a_text_to_decide_on(desk, store, tmp_path) -> None:
    desk.approve(HOSES, "Ann")
    store.add(draft("Another, with commas\nand lines.", inputs_hash="h2"))
    path = tmp_path / "out.csv"
    write_definitions(path, desk.histories([HOSES]))
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["version"], row["in_use"], row["status"]) for row in rows] == [
        ("1", "True", "approved"),
        ("2", "False", "draft"),
    ]


def test_approved_on_a_draft_approves_that_version(desk, store, tmp_path) -> None:
    store.add(draft("Second text of it.", inputs_hash="h2"))
    row = {
        "category_path": HOSES,
        "version": 1,
        "status": "approved",
        "text": "Tubes, flexible, for the garden.",
    }
    path = lines(tmp_path / "in.jsonl", row)
    assert taken(desk, path) == (0, 1, 0, 0)
    assert desk.histories([HOSES])[0].in_use == 1
    assert taken(desk, path) == (0, 0, 1, 0)


def test_a_new_text_is_an_edit_once(desk, tmp_path) -> None:
    path = lines(
        tmp_path / "in.jsonl", {"category_path": HOSES, "version": "1", "text": "Tubes\u200b for water."}
    )
    assert taken(desk, path) == (1, 0, 0, 0)
    assert taken(desk, path) == (0, 0, 1, 0)
    current = desk.histories([HOSES])[0].current
    assert (current.text, current.status, current.version) == ("Tubes for water.", "edited", 2)


def test_a_row_that_somebody_decided_on_since_is_refused(desk, tmp_path) -> None:
    path = tmp_path / "out.csv"
    write_definitions(path, desk.histories([HOSES]))
    path.write_text(path.read_text("utf-8").replace("Tubes, flexible", "Pipes, flexible"), "utf-8")
    desk.edit(HOSES, "Bob's text of hoses.", "Bob")
    done = read_definitions(path, desk, "Ann")
    assert "was edited by 'Bob' since" in done.errors[0]
    assert desk.histories([HOSES])[0].current.text == "Bob's text of hoses."


def test_a_category_that_has_none_is_given_one(tmp_path) -> None:
    desk = DefinitionDesk(DefinitionStore.in_memory(), TAXONOMY)
    path = lines(tmp_path / "in.jsonl", {"category_path": TAPS, "text": "Taps that close a pipe."})
    assert taken(desk, path) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"category_path": "Boats", "text": "x"}, "'Boats' is not in the taxonomy"),
        ({"category_path": "", "text": "x"}, "'' is not in the taxonomy"),
        ({"category_path": HOSES, "text": ""}, "A definition of 0 characters"),
        ({"category_path": HOSES, "text": "x", "version": "9"}, "`version` is '9'"),
        ({"category_path": HOSES, "text": "x", "version": "one"}, "`version` is 'one'"),
        ({"category_path": HOSES, "text": "x", "status": "rejected"}, "`status` is 'rejected'"),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_taken(desk, tmp_path, row, problem: str) -> None:
    good = {"category_path": TAPS, "text": "Taps that close a pipe."}
    done = read_definitions(lines(tmp_path / "in.jsonl", row, good), desk, "Ann")
    assert (done.edited, len(done.errors)) == (1, 1)
    assert "line 1" in done.errors[0]
    assert problem in done.errors[0]


def test_a_line_that_is_no_json_does_not_lose_the_others(desk, tmp_path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"category_path": "{TAPS}", "text": "Taps that close."}}\n{{broken\n', "utf-8")
    assert taken(desk, path) == (1, 0, 0, 1)


def test_another_file_is_refused(desk, tmp_path) -> None:
    (tmp_path / "in.csv").write_text("product_id,title\n1,2\n", "utf-8")
    with pytest.raises(CatalogError, match="has no definitions"):
        read_definitions(tmp_path / "in.csv", desk, "Ann")
    with pytest.raises(CatalogError, match="does not exist"):
        read_definitions(tmp_path / "none.csv", desk, "Ann")
    with pytest.raises(SettingsError, match="is not written"):
        write_definitions(tmp_path / "out.xlsx", desk.histories())
    with pytest.raises(CatalogError, match="cannot be written"):
        write_definitions(tmp_path / "in.csv" / "out.csv", desk.histories())
