import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK, STOPPED
from graph.batch.results import read_verdicts
from tests.conftest import Cli

ROOT = Path(__file__).parents[3]
RUN = ("--llm", "none", "--device", "cpu", "--json")


def _run(catalog: Path, workspace: Path, out: Path, *more: object) -> tuple[object, ...]:
    return ("batch", "run", catalog, "--workspace", workspace, "--out", out, *RUN, *more)


def test_a_catalog_gets_a_verdict_a_row(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    outcome = cli(*_run(tiny_catalog, workspace_dir, out, "--chunk-rows", 40, "--threshold", 0))
    assert outcome.code == OK
    assert outcome.document["statuses"] == {"accepted": 90}
    assert outcome.document["reason"] == "complete"
    assert [row["product_id"] for row in read_verdicts(out)] == [f"tiny-{i:02d}" for i in range(1, 91)]
    status = cli("batch", "status", "--out", out, "--json")
    assert (status.code, status.document) == (OK, outcome.document)


def test_error_rows_are_counted_and_listed(cli: Cli, workspace_dir: Path, tmp_path: Path) -> None:
    catalog, out = tmp_path / "c.csv", tmp_path / "out"
    catalog.write_text("id,product\n1,Garden hose\n2,\n3,Dog bed\n", "utf-8")
    columns = ("--column", "product_id=id", "--column", "title=product")
    outcome = cli(*_run(catalog, workspace_dir, out, *columns))
    assert outcome.code == ERROR_ROWS
    assert outcome.document["errors_by_kind"] == {"empty_title": 1}
    assert json.loads((out / "errors.jsonl").read_text("utf-8"))["product_id"] == "2"
    shown = cli("batch", "status", "--out", out)
    assert shown.code == ERROR_ROWS
    assert "empty_title 1" in shown.stdout


def test_a_limited_batch_goes_on(cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = cli(*_run(tiny_catalog, workspace_dir, out, "--chunk-rows", 10, "--limit", 25))
    assert (first.code, first.document["rows"], first.document["reason"]) == (OK, 25, "limit")
    second = cli(*_run(tiny_catalog, workspace_dir, out, "--chunk-rows", 10))
    assert (second.code, second.document["rows"]) == (OK, 90)


def test_another_setting_is_refused_unless_accepted(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert cli(*_run(tiny_catalog, workspace_dir, out, "--limit", 5)).code == OK
    refused = cli(*_run(tiny_catalog, workspace_dir, out, "--limit", 9, "--k", 2))
    assert refused.code == COULD_NOT_RUN
    assert "`top_k` was '10', is now '2'" in refused.document["error"]["message"]
    accepted = cli(*_run(tiny_catalog, workspace_dir, out, "--limit", 9, "--k", 2, "--accept-changes"))
    assert (accepted.code, accepted.document["rows"]) == (OK, 9)


def test_too_many_errors_stop_it(cli: Cli, workspace_dir: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("product_id,title\n" + "".join(f"{i},\n" for i in range(50)), "utf-8")
    limits = ("--chunk-rows", 5, "--chunks-in-flight", 1, "--max-errors", 7)
    outcome = cli(*_run(catalog, workspace_dir, tmp_path / "out", *limits))
    assert (outcome.code, outcome.document["reason"], outcome.document["rows"]) == (STOPPED, "max_errors", 10)


@pytest.mark.parametrize(("catalog", "part"), [("none.csv", "does not exist"), ("c.csv", "--column title=")])
def test_a_catalog_that_cannot_be_read_is_said(
    cli: Cli, workspace_dir: Path, tmp_path: Path, catalog: str, part: str
) -> None:
    (tmp_path / "c.csv").write_text("product_id,name\n1,Hose\n", "utf-8")
    outcome = cli(*_run(tmp_path / catalog, workspace_dir, tmp_path / "out"))
    assert outcome.code == COULD_NOT_RUN
    assert part in " ".join(outcome.document["error"].values())


def test_a_folder_without_a_batch_has_no_status(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("batch", "status", "--out", tmp_path)
    assert outcome.code == COULD_NOT_RUN
    assert "Run a batch into it first" in outcome.stderr


def test_a_signal_stops_it_and_the_same_run_ends_it(cli: Cli, workspace_dir: Path, tmp_path: Path) -> None:
    catalog, out = tmp_path / "c.csv", tmp_path / "out"
    rows = 4000
    catalog.write_text("product_id,title\n" + "".join(f"{i},Hose {i}\n" for i in range(rows)), "utf-8")
    run = _run(catalog, workspace_dir, out, "--chunk-rows", 8, "--chunks-in-flight", 2)
    command = [sys.executable, "-m", "app", *map(str, run)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        _wait_for_a_part(out, process)
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == STOPPED
    document = json.loads(stdout)
    assert document["stopped"]
    assert 0 < document["rows"] < rows
    done = [row["product_id"] for row in read_verdicts(out)]
    assert done == [str(i) for i in range(document["rows"])]
    more = document["rows"] + 8
    again = cli(*run, "--limit", more)
    assert (again.code, again.document["rows"]) == (OK, more)


def _wait_for_a_part(out: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not list(out.glob("verdicts/part-*.parquet")):
        assert process.poll() is None, "the batch ended before it was asked to"
        assert time.monotonic() < deadline, f"no part of {os.fspath(out)!r} in time"
        time.sleep(0.05)
