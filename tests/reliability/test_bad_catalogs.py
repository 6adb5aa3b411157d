"""Bad input gets a clear error that names file, row and fix; what is good goes on."""

import json

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from graph.batch.results import read_verdicts

HEADER = "product_id,title,category_path\n"
GOOD = "g1,Dog bed for large breeds,Pet Supplies > Dogs > Dog Beds\n"

BAD_ROWS = {
    "empty title": ("b1,,Pet Supplies > Dogs > Dog Beds\n", "empty_title"),
    "invisible title": ("b1,\u200b\u200b,Pet Supplies > Dogs > Dog Beds\n", "empty_title"),
    "duplicate id": ("g1,Another dog bed,Pet Supplies > Dogs > Dog Beds\n", "duplicate_id"),
    "1 MB title": (f"b1,{'x' * 1_000_000},Pet Supplies > Dogs > Dog Beds\n", "too_long"),
    "missing field": ("b1\n", "malformed"),
}
BAD_FILES = {
    "missing column": ("id,name\n1,Dog bed\n", "--column"),
    "empty file": ("", "empty"),
    "header only": (HEADER, "no rows"),
}


@pytest.fixture
def batch(cli, workspace_dir, tmp_path):
    def run(content: bytes, name="catalog.csv"):
        catalog = tmp_path / name
        catalog.write_bytes(content)
        out = tmp_path / "out"
        outcome = cli(
            *["batch", "run", catalog, "--workspace", workspace_dir, "--out", out], "--llm", "none", "--json"
        )
        return outcome, out

    return run


@pytest.mark.parametrize("fault", BAD_ROWS)
def test_a_bad_row_becomes_an_error_row_and_the_others_go_on(batch, fault):
    row, kind = BAD_ROWS[fault]
    outcome, out = batch((HEADER + GOOD + row + GOOD.replace("g1", "g2")).encode())
    assert outcome.code == ERROR_ROWS
    rows = list(read_verdicts(out))
    assert [r["status"] == "error" for r in rows] == [False, True, False]
    error = json.loads((out / "errors.jsonl").read_text("utf-8"))
    assert (error["row"], error["kind"]) == (2, kind)
    assert "Fix" in error["message"] or "fix" in error["message"]


def test_broken_encoding_costs_its_row_only(batch):
    outcome, out = batch(
        HEADER.encode() + GOOD.encode() + b"b1,K\xf6ln,x\n" + GOOD.replace("g1", "g2").encode()
    )
    assert outcome.code == ERROR_ROWS
    assert [r["status"] == "error" for r in read_verdicts(out)] == [False, True, False]
    assert json.loads((out / "errors.jsonl").read_text("utf-8"))["kind"] == "encoding"


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_catalog_that_cannot_be_read_is_named_with_the_fix(batch, fault):
    content, said = BAD_FILES[fault]
    outcome, _ = batch(content.encode())
    error = outcome.document["error"]
    assert outcome.code == COULD_NOT_RUN
    assert "catalog.csv" in error["message"]
    assert said in f"{error['message']} {error['fix']}".lower()
    assert error["fix"]


def test_good_rows_alone_end_well(batch):
    outcome, _ = batch((HEADER + GOOD).encode())
    assert outcome.code == OK


def test_an_unknown_category_is_an_error_row_of_the_evaluation(cli, workspace_dir, tmp_path):
    catalog = tmp_path / "labelled.csv"
    catalog.write_text(HEADER + GOOD + "b1,A gnome,Garden > Gnomes\n", "utf-8")
    out = tmp_path / "report"
    outcome = cli(
        *["evaluate", catalog, "--workspace", workspace_dir, "--out", out], "--llm", "none", "--json"
    )
    assert outcome.code == ERROR_ROWS
    error = json.loads((out / "errors.jsonl").read_text("utf-8"))
    assert (error["number"], error["kind"]) == (2, "unknown_category")
    assert "'Garden > Gnomes'" in error["message"]


def test_training_on_a_column_that_is_missing_says_what_to_do(cli, tmp_path):
    catalog = tmp_path / "products.csv"
    catalog.write_text("product_id,title,kategorie\n1,Dog bed,Pets\n", "utf-8")
    outcome = cli("train", catalog, "--workspace", tmp_path / "ws", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "category_path" in outcome.document["error"]["message"]
    assert not (tmp_path / "ws").exists()
