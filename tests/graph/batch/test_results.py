import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from batch_world import classify, job, product, run, verdict

from catalog.errors import WorkspaceError
from catalog.product import Product
from graph.batch.lock import is_held
from graph.batch.results import batch_status, read_table, read_verdicts
from graph.batch.schema import SCHEMA
from graph.verdict import Verdict


def test_rows_are_verdicts_with_their_number(out: Path) -> None:
    run(job(out, 20, keep_latency=True))
    found = list(read_verdicts(out))
    assert [row.pop("row") for row in found] == list(range(1, 21))
    assert Verdict.model_validate(found[4]) == verdict(product(5))
    assert found[9]["error"] == "empty_title: `title` is empty"


def test_the_table_holds_all_parts_in_order(out: Path) -> None:
    run(job(out, 20))
    table = read_table(out)
    assert table.column("row").to_pylist() == list(range(1, 21))
    assert table.schema.equals(SCHEMA)


def test_no_rows_are_an_empty_table(out: Path) -> None:
    run(job(out, 0))
    assert read_table(out).num_rows == 0


def test_a_folder_without_a_batch_is_told(tmp_path: Path) -> None:
    for read in (batch_status, read_table):
        with pytest.raises(WorkspaceError, match=r"holds no batch\. Fix: Run a batch into it first"):
            read(tmp_path)


def test_status_is_the_summary_of_the_run(out: Path) -> None:
    summary = run(job(out, 20))
    assert batch_status(out) == summary


def test_status_of_a_running_batch_counts_what_is_written(out: Path) -> None:
    seen = []

    def classifier(products: Sequence[Product]) -> list[Verdict]:
        seen.append(batch_status(out))
        return classify(products)

    run(job(out, 24, chunks_in_flight=1), classifier)
    assert [(status.rows, status.reason, status.stopped) for status in seen] == [
        (0, "running", True),
        (8, "running", True),
        (16, "running", True),
    ]


def test_status_of_a_killed_batch_says_so(out: Path) -> None:
    run(job(out, 24))
    ledger = out / "ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:3]))
    status = batch_status(out)
    assert (status.rows, status.reason, status.stopped) == (16, "unfinished", True)


def test_asking_for_the_status_never_keeps_a_run_out(out: Path) -> None:
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            is_held(out)

    out.mkdir()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(ask)
        try:
            for rows in range(1, 13):
                run(job(out, 40, limit=rows))
        finally:
            done.set()
