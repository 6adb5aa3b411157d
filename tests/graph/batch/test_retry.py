import threading
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pytest
from batch_world import CHUNK, classify, job, mended, output, product, retry, rows, run, verdict
from llm_world import PRICE, asked, asking, good, held_back, is_held_back
from llm_world import job as asking_job
from llm_world import run as ask

from catalog.errors import WorkspaceError
from catalog.product import Product, Row, RowError
from graph.batch.ledger import read_ledger
from graph.batch.results import batch_status, read_verdicts
from graph.batch.runner import retry_batch
from graph.batch.spending import Spending
from graph.verdict import Verdict
from tests.fakes.openai_server import PROMPT_TOKENS, OpenAIServer

COUNT = 60
BAD = [10, 20, 30, 40, 50, 60]


def seen_by(classifier: mock.Mock) -> list[str]:
    return [each.product_id for call in classifier.call_args_list for each in call.args[0]]


def test_only_error_rows_are_done_again(tmp_path: Path) -> None:
    out = tmp_path / "a"
    run(job(out, COUNT))
    again = mock.Mock(side_effect=classify)
    summary = retry(job(out, COUNT, rows=lambda: mended(COUNT)), again)
    assert sorted(seen_by(again)) == sorted(f"p{n}" for n in BAD)
    assert (summary.rows, summary.errors, summary.reason) == (COUNT, 0, "complete")
    whole = run(job(tmp_path / "b", COUNT, rows=lambda: mended(COUNT)))
    assert output(out) == output(tmp_path / "b")
    assert (summary.tokens_in, summary.latency_ms) == (whole.tokens_in, whole.latency_ms)
    assert batch_status(out) == summary


def test_good_verdicts_stay_as_they_are_even_if_they_would_come_out_otherwise_now(out: Path) -> None:
    run(job(out, COUNT))

    def other(products: Sequence[Product]) -> list[Verdict]:
        return [verdict(each, confidence=0.1) for each in products]

    retry(job(out, COUNT, rows=lambda: mended(COUNT)), other)
    unsure = [row["row"] for row in read_verdicts(out) if row["confidence"] == 0.1]
    assert unsure == BAD


def test_rows_that_are_still_bad_stay_error_rows_with_what_is_wrong_now(out: Path) -> None:
    run(job(out, 20))

    def still() -> list[Row | RowError]:
        return [
            RowError(row.number, row.product_id, "too_long", "now too long") if row.number == 10 else row
            for row in (*rows(19), Row(20, product(20)))
            if isinstance(row, RowError | Row)
        ]

    summary = retry(job(out, 20, rows=lambda: iter(still())))
    assert (summary.errors, summary.errors_by_kind) == (1, {"too_long": 1})
    assert '"now too long"' in (out / "errors.jsonl").read_text()


def test_a_row_that_broke_the_classifier_is_tried_again(out: Path) -> None:
    def poisoned(products: Sequence[Product]) -> list[Verdict]:
        if any(each.product_id == "p3" for each in products):
            raise ValueError("poison")
        return classify(products)

    assert run(job(out, 9), poisoned).errors_by_kind == {"internal": 1}
    assert retry(job(out, 9)).errors == 0


def test_chunks_without_error_rows_are_not_touched(out: Path) -> None:
    run(job(out, COUNT))
    before = {path.name: path.stat().st_mtime_ns for path in (out / "verdicts").iterdir()}
    retry(job(out, COUNT, rows=lambda: mended(COUNT)))
    changed = {
        path.name for path in (out / "verdicts").iterdir() if path.stat().st_mtime_ns != before[path.name]
    }
    assert changed == {f"part-{(n - 1) // CHUNK:06d}.parquet" for n in BAD}


def test_another_product_in_a_good_row_is_refused(out: Path) -> None:
    run(job(out, COUNT))
    before = output(out)
    others = [Row(n, product(n + 1)) for n in range(1, COUNT + 1)]
    with pytest.raises(WorkspaceError, match="are not the products that were classified"):
        retry(job(out, COUNT, rows=lambda: iter(others)))
    with pytest.raises(WorkspaceError, match="are not the products that were classified"):
        retry(job(out, COUNT, rows=lambda: rows(30)))
    assert output(out) == before


def test_a_changed_input_is_refused_by_name_unless_accepted(out: Path) -> None:
    run(job(out, COUNT))
    changed = {"fingerprint": {"workspace": "def"}, "rows": lambda: mended(COUNT)}
    with pytest.raises(WorkspaceError, match="`workspace` was 'abc', is now 'def'"):
        retry(job(out, COUNT, **changed))
    assert retry(job(out, COUNT, **changed, accept_changes=True)).errors == 0


def test_the_size_of_chunks_is_that_of_the_run(out: Path) -> None:
    run(job(out, COUNT, chunk_rows=7))
    assert retry(job(out, COUNT, chunk_rows=1024, rows=lambda: mended(COUNT))).errors == 0
    assert len(read_ledger(out).chunks) == 9


def test_a_folder_without_a_batch_is_told(out: Path) -> None:
    with pytest.raises(WorkspaceError, match="holds no batch"):
        retry(job(out, COUNT))
    assert not out.exists()


def test_a_stopped_retry_goes_on(out: Path) -> None:
    run(job(out, COUNT))
    stop = threading.Event()
    fixed = job(out, COUNT, rows=lambda: mended(COUNT), chunks_in_flight=1)
    first = retry(fixed, stop=stop, progress=lambda _: stop.set())
    assert (first.reason, first.errors) == ("stopped", len(BAD) - 1)
    second = retry(fixed)
    assert second.errors == 0
    assert run(job(out, COUNT, rows=lambda: mended(COUNT))).reason == "complete"


def test_an_unfinished_batch_stays_unfinished_and_its_run_goes_on(out: Path) -> None:
    run(job(out, COUNT))
    ledger = out / "ledger.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:4]))
    for part in sorted((out / "verdicts").iterdir())[3:]:
        part.unlink()
    assert retry(job(out, COUNT, rows=lambda: mended(COUNT))).reason == "unfinished"
    assert run(job(out, COUNT, rows=lambda: mended(COUNT))).errors == 0


def test_what_was_paid_before_counts_on_and_good_rows_are_not_asked_about_again(out: Path) -> None:
    count, one_in = 200, 4
    held = held_back(count, one_in)
    broken = next(n for n in range(1, count + 1) if is_held_back(f"p{n}", one_in))

    def some_bad() -> list[Row | RowError]:
        good_rows = [*asking_job(out, count).rows()]
        return [
            RowError(n, f"p{n}", "empty_title", "-") if n == broken else good_rows[n - 1]
            for n in range(1, count + 1)
        ]

    with OpenAIServer(good) as server:
        first = ask(
            asking_job(out, count, rows=lambda: iter(some_bad())), asking(server.base_url), one_in=one_in
        )
        assert len(server.requests) == len(held) - 1
        server.requests.clear()
        second = ask(
            asking_job(out, count),
            asking(server.base_url),
            spending=Spending(PRICE, None, 4),
            task=retry_batch,
            one_in=one_in,
        )
    assert asked(server.requests) == [f"p{broken}"]
    assert second.cost == (first.cost or 0.0) + PROMPT_TOKENS
    assert second.calls == len(held)
