import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK, STOPPED
from app.running import GraphRunner, Listener
from catalog.product import Product, RowErrorKind
from graph.batch.results import read_verdicts
from graph.verdict import Verdict
from tests.conftest import Cli
from tests.fakes.openai_server import PROMPT_TOKENS, Behaviour, OpenAIServer, RecordedRequest, ok

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


RANKING = ok({"clues": [], "user": "u", "use_case": "c", "ranking": [1], "reason": "r"})
DEFINITION = ok(
    {"belongs": "Goods that people buy for this purpose, whatever they are made of.", "not_here": []}
)


def _answer(request: RecordedRequest) -> Behaviour:
    return DEFINITION if "DefinitionDraft" in json.dumps(request.body) else RANKING


def test_the_greatest_cost_stops_it_and_more_money_goes_on(
    cli: Cli, workspace_copy: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    out, prices = tmp_path / "out", tmp_path / "prices.toml"
    prices.write_text(
        f'[models."fake"]\ninput = {1e6 / PROMPT_TOKENS}\noutput = 0.0\n', "utf-8"
    )  # 1 USD a call
    with OpenAIServer(_answer) as server:
        model = ("--llm", "fake", "--llm-base-url", server.base_url, "--device", "cpu", "--json")
        given = ("--workspace", workspace_copy, "--out", out, "--threshold", 1, "--chunk-rows", 45, *model)
        run = ("batch", "run", tiny_catalog, *given, "--prices", prices)
        stopped = cli(*run, "--max-cost", 40)
        calls = len(server.requests)
        whole = cli(*run)
    assert (stopped.code, stopped.document["reason"]) == (STOPPED, "max_cost")
    assert stopped.document["cost"] == pytest.approx(calls)
    assert 40 <= calls <= 40 + 16 + 6  # what was under way, and definitions
    assert whole.code == OK
    assert (
        whole.document["cost"]
        == pytest.approx(whole.document["calls"])
        == pytest.approx(len(server.requests))
    )
    assert json.loads((out / "run.json").read_text("utf-8"))["cost"] == whole.document["cost"]


def test_a_greatest_cost_without_a_price_is_refused(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    model = ("--llm", "nobody", "--llm-base-url", "http://127.0.0.1:1/v1", "--json", "--max-cost", 1)
    outcome = cli(
        *("batch", "run", tiny_catalog, "--workspace", workspace_dir, "--out", tmp_path / "out"), *model
    )
    assert outcome.code == COULD_NOT_RUN
    assert "no price of 'nobody'" in outcome.document["error"]["message"]


def test_a_retry_does_the_mended_rows(cli: Cli, workspace_dir: Path, tmp_path: Path) -> None:
    catalog, out = tmp_path / "c.csv", tmp_path / "out"
    catalog.write_text("product_id,title\n1,Garden hose\n2,\n3,Dog bed\n", "utf-8")
    assert cli(*_run(catalog, workspace_dir, out)).code == ERROR_ROWS
    catalog.write_text("product_id,title\n1,Garden hose\n2,Yoga mat\n3,Dog bed\n", "utf-8")
    retry = ("batch", "retry", catalog, "--workspace", workspace_dir, "--out", out, *RUN)
    refused = cli(*retry)
    assert refused.code == COULD_NOT_RUN
    assert "`source_bytes` was" in refused.document["error"]["message"]
    outcome = cli(*retry, "--accept-changes")
    assert (outcome.code, outcome.document["errors"]) == (OK, 0)
    assert [row["status"] != "error" for row in read_verdicts(out)] == [True] * 3


def test_what_did_not_change_since_the_last_batch_is_copied(
    cli: Cli, workspace_dir: Path, tmp_path: Path
) -> None:
    catalog = tmp_path / "c.csv"
    catalog.write_text("product_id,title\n1,Garden hose\n2,Dog bed\n", "utf-8")
    assert cli(*_run(catalog, workspace_dir, tmp_path / "a")).code == OK
    catalog.write_text("product_id,title\n2,Dog bed\n1,Garden hose\n3,Yoga mat\n", "utf-8")
    outcome = cli(*_run(catalog, workspace_dir, tmp_path / "b", "--since", tmp_path / "a"))
    assert (outcome.code, outcome.document["rows"], outcome.document["copied"]) == (OK, 3, 2)
    before, now = ({row["product_id"]: row for row in read_verdicts(tmp_path / name)} for name in "ab")
    for product_id, row in before.items():
        assert now[product_id] == {**row, "row": now[product_id]["row"]}
    other = cli(*_run(catalog, workspace_dir, tmp_path / "c", "--since", tmp_path / "a", "--k", 3))
    assert other.document["copied"] == 0
    assert "`top_k` was '10', is now '3'" in other.stderr


def test_a_folder_of_files_of_all_formats_is_one_catalog(
    cli: Cli, workspace_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "a.csv").write_text("product_id,title\n1,Garden hose\n2,\n", "utf-8")
    (folder / "b.jsonl").write_text('{"product_id": "3", "title": "Dog bed"}\n', "utf-8")
    pq.write_table(pa.table({"product_id": ["4", "1"], "title": ["Yoga mat", "Again"]}), folder / "c.parquet")
    (folder / "_SUCCESS").touch()
    outcome = cli(*_run(folder, workspace_dir, tmp_path / "out", "--chunk-rows", 2))
    assert outcome.code == ERROR_ROWS
    assert outcome.document["errors_by_kind"] == {"duplicate_id": 1, "empty_title": 1}
    assert [row["product_id"] for row in read_verdicts(tmp_path / "out")] == ["1", "2", "3", "4", "1"]


BAD_LINES = {
    "malformed": b'{"product_id": "b1", "title": ',
    "encoding": b'{"product_id": "b2", "title": "K\xf6ln"}',
    "missing_id": b'{"title": "Dog bed"}',
    "duplicate_id": b'{"product_id": "g1", "title": "Dog bed"}',
    "empty_title": b'{"product_id": "b3", "title": "\xe2\x80\x8b"}',
    "too_long": b'{"product_id": "b4", "title": "' + b"x" * 3_000 + b'"}',
    "bad_value": b'{"product_id": "b5", "title": "Dog bed", "popularity": -1}',
}


def test_a_bad_row_of_every_kind_is_an_error_row_and_all_others_are_there(
    cli: Cli, workspace_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All kinds that a batch can meet: an unknown category is one of labelled catalogs only."""
    real = GraphRunner.verdicts

    def poisoned(self: GraphRunner, products: Sequence[Product], listen: Listener) -> list[Verdict]:
        if any(product.product_id == "poison" for product in products):
            raise ValueError("poison")
        return real(self, products, listen)

    monkeypatch.setattr(GraphRunner, "verdicts", poisoned)
    good = [b'{"product_id": "g%d", "title": "Dog bed %d"}' % (n, n) for n in range(1, 10)]
    bad = [*BAD_LINES.values(), b'{"product_id": "poison", "title": "Dog bed"}']
    lines = [good[0], *(line for pair in zip(bad, good[1:], strict=True) for line in pair)]
    catalog, out = tmp_path / "c.jsonl", tmp_path / "out"
    catalog.write_bytes(b"\n".join(lines) + b"\n")
    outcome = cli(*_run(catalog, workspace_dir, out, "--chunk-rows", 6))
    assert outcome.code == ERROR_ROWS
    kinds = [*BAD_LINES, "internal"]
    assert outcome.document["errors_by_kind"] == dict.fromkeys(sorted(kinds), 1)
    assert {*kinds, "unknown_category"} == {*get_args(RowErrorKind)}
    listed = [json.loads(line) for line in (out / "errors.jsonl").read_text("utf-8").splitlines()]
    assert [(each["row"], each["kind"]) for each in listed] == list(zip(range(2, 18, 2), kinds, strict=True))
    found = [row["product_id"] for row in read_verdicts(out) if row["status"] != "error"]
    assert found == [f"g{n}" for n in range(1, 10)]


def test_a_page_is_written(cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path) -> None:
    assert cli(*_run(tiny_catalog, workspace_dir, tmp_path / "out", "--limit", 20)).code == OK
    assert "20 rows" in (tmp_path / "out" / "report.html").read_text("utf-8")


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
