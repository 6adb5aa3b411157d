from collections.abc import Sequence
from pathlib import Path

import pytest
from batch_world import classify, job, product, run, verdict

from catalog.errors import WorkspaceError
from catalog.product import Product
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
        (0, "unfinished", True),
        (8, "unfinished", True),
        (16, "unfinished", True),
    ]
