import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from tests.conftest import Cli

RUN = ("--llm", "none", "--device", "cpu", "--json")


@pytest.fixture
def options(workspace_dir: Path, tmp_path: Path) -> tuple[object, ...]:
    return ("--workspace", workspace_dir, "--out", tmp_path / "out", *RUN)


def test_the_test_part_is_evaluated_and_reported(
    cli: Cli, options: tuple[object, ...], tiny_catalog: Path, tiny_split: Path, tmp_path: Path
) -> None:
    outcome = cli("evaluate", tiny_catalog, "--split", tiny_split, *options)
    assert outcome.code == OK
    evaluation = outcome.document["evaluation"]
    assert (evaluation["n"], evaluation["categories"]) == (12, 6)
    assert evaluation["domain_expert"]["accuracy"]["right"] >= 9
    assert evaluation["meta"]["rows"] == "test"
    assert evaluation["points"][0]["categories"] == 6
    assert Path(outcome.document["report"]).read_text("utf-8").startswith("<!")
    out = tmp_path / "out"
    assert json.loads((out / "evaluation.json").read_text("utf-8"))["n"] == 12
    assert pq.read_table(out / "verdicts.parquet").num_rows == 12
    assert (out / "errors.jsonl").read_text("utf-8") == ""


def test_both_experts_stand_in_a_table(
    cli: Cli, options: tuple[object, ...], tiny_catalog: Path, tiny_split: Path
) -> None:
    readable = [option for option in options if option != "--json"]
    outcome = cli("evaluate", tiny_catalog, "--split", tiny_split, "--limit", 5, *readable)
    assert outcome.code == OK
    for part in ("On 5 products", "domain expert", "dual expert", "macro F1", "Report: "):
        assert part in outcome.stdout


def test_rows_that_were_trained_on_are_refused(
    cli: Cli, options: tuple[object, ...], tiny_catalog: Path
) -> None:
    refused = cli("evaluate", tiny_catalog, *options)
    assert refused.code == COULD_NOT_RUN
    assert "54 of 90 rows" in refused.document["error"]["message"]
    assert "--split" in refused.document["error"]["fix"]
    allowed = cli("evaluate", tiny_catalog, *options, "--allow-training-rows")
    assert (allowed.code, allowed.document["evaluation"]["n"]) == (OK, 90)


def test_bad_rows_are_counted_and_listed(cli: Cli, options: tuple[object, ...], tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    hose = "Garden > Watering > Garden Hoses"
    rows = f"product_id,title,category_path\na,Hose,{hose}\nb,Rope,Boats > Ropes\nc,,{hose}\n"
    catalog.write_text(rows, "utf-8")
    outcome = cli("evaluate", catalog, *options)
    assert outcome.code == ERROR_ROWS
    assert (outcome.document["errors"], outcome.document["evaluation"]["n"]) == (2, 1)
    lines = (tmp_path / "out" / "errors.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["unknown_category", "empty_title"]


def test_an_unknown_part_is_said_before_anything_is_opened(
    cli: Cli, tiny_catalog: Path, tiny_split: Path
) -> None:
    outcome = cli(
        *("evaluate", tiny_catalog, "--split", tiny_split, "--part", "dev"),
        *("--workspace", "nowhere", "--out", "out", "--json"),
    )
    assert outcome.code == COULD_NOT_RUN
    assert "no part 'dev'" in outcome.document["error"]["message"]
