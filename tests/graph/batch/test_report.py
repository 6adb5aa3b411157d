import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from batch_world import classify, job, product, run

from catalog.product import Product, Row, RowError
from graph.batch.report import ERRORS_NAME, RUN_NAME
from graph.verdict import Verdict


def test_run_json_tells_what_came_out_and_of_what(out: Path) -> None:
    summary = run(job(out, 40))
    told = json.loads((out / RUN_NAME).read_text())
    assert {name: told[name] for name in summary.model_dump()} == summary.model_dump()
    assert told["fingerprint"] == {"workspace": "abc", "chunk_rows": "8", "keep_latency": "False"}
    assert told["machine"]["cores"] > 0
    assert told["machine"]["memory_mib"] > told["peak_rss_mib"] > 10
    assert told["versions"]["pyarrow"]
    assert told["started"] <= told["finished"]
    assert (told["runs"], told["accepted_changes"]) == (1, [])


def test_the_summary_adds_up(out: Path) -> None:
    summary = run(job(out, 40))
    assert sum(summary.statuses.values()) == summary.rows == 40
    assert sum(summary.shares.values()) == pytest.approx(1.0)
    asked = summary.statuses["deliberated"]
    assert (summary.tokens_in, summary.tokens_out) == (100 * asked, 10 * asked)
    assert 1 <= summary.latency_ms["recommend"].p50 <= summary.latency_ms["total"].p95 <= 7.5
    assert summary.rows_per_second == pytest.approx(summary.rows / summary.seconds)


def test_errors_jsonl_lists_the_error_rows_in_order(out: Path) -> None:
    bad = [RowError(2, "ü\n", "malformed", "line 3: two\nlines"), RowError(11, "", "missing_id", "no id")]

    def poison(products: Sequence[Product]) -> list[Verdict]:
        if any(each.product_id == "p5" for each in products):
            raise KeyError("x")
        return classify(products)

    run(job(out, 0, rows=lambda: iter([bad[0], Row(5, product(5)), bad[1]])), poison)
    assert [json.loads(line) for line in (out / ERRORS_NAME).read_text().splitlines()] == [
        {"row": 2, "product_id": "ü\n", "kind": "malformed", "message": "line 3: two\nlines"},
        {"row": 5, "product_id": "p5", "kind": "internal", "message": "KeyError: 'x'"},
        {"row": 11, "product_id": "", "kind": "missing_id", "message": "no id"},
    ]


def test_a_run_without_errors_lists_none(out: Path) -> None:
    run(job(out, 9))
    assert (out / ERRORS_NAME).read_bytes() == b""
