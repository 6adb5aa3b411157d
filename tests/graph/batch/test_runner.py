import random
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import pytest
from batch_world import CHUNK, classify, job, output, product, rows, run, verdict

from catalog.errors import CatalogError, EncoderError, SettingsError, WorkspaceError
from catalog.product import Product, Row, RowError
from graph.batch.results import batch_status, read_verdicts
from graph.batch.summary import Progress
from graph.batch.work import Classify
from graph.verdict import Verdict

WAIT_SECONDS = 20


def numbers(out: Path) -> list[int]:
    return [row["row"] for row in read_verdicts(out)]


def failing_on(*ids: str, error: type[Exception] = ValueError) -> Classify:
    def classifier(products: Sequence[Product]) -> list[Verdict]:
        if {each.product_id for each in products} & set(ids):
            raise error("poison")
        return classify(products)

    return classifier


def test_every_row_comes_out_once_and_in_order_whichever_chunk_is_ready_first(out: Path) -> None:
    delays = random.Random(7)

    def scrambled(products: Sequence[Product]) -> list[Verdict]:
        time.sleep(delays.uniform(0, 0.02))
        return classify(products)

    summary = run(job(out, 203), scrambled)
    assert numbers(out) == list(range(1, 204))
    assert (summary.rows, summary.errors, summary.reason, summary.stopped) == (203, 20, "complete", False)


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    run(job(tmp_path / "a", 100))
    run(job(tmp_path / "b", 100, chunks_in_flight=1), lambda products: [*reversed(classify(products[::-1]))])
    assert output(tmp_path / "a") == output(tmp_path / "b")


def test_latencies_stay_out_of_the_parts_unless_asked_for(tmp_path: Path) -> None:
    run(job(tmp_path / "a", 9))
    run(job(tmp_path / "b", 9, keep_latency=True))
    assert all(row["latency_ms"] == {} for row in read_verdicts(tmp_path / "a"))
    kept = {row["product_id"]: row["latency_ms"] for row in read_verdicts(tmp_path / "b")}
    assert kept["p3"] == verdict(product(3)).latency_ms


def test_the_next_chunk_does_not_wait_for_a_slow_one(out: Path) -> None:
    second_began = threading.Event()

    def classifier(products: Sequence[Product]) -> list[Verdict]:
        if products[0].product_id == "p1":
            assert second_began.wait(WAIT_SECONDS)
        else:
            second_began.set()
        return classify(products)

    assert run(job(out, 16, chunks_in_flight=2), classifier).errors == 1


def test_no_more_is_read_ahead_than_may_be_in_memory(out: Path) -> None:
    read = 0
    ahead = []

    def counted() -> Iterator[Row | RowError]:
        nonlocal read
        for row in rows(200):
            read += 1
            yield row

    def listen(where: Progress) -> None:
        ahead.append(read - where.rows)

    run(job(out, 200, rows=counted, chunks_in_flight=3), progress=listen)
    assert max(ahead) < 4 * 3 * CHUNK


def test_a_slow_chunk_does_not_stop_those_behind_it_until_memory_is_full(out: Path) -> None:
    begun = 0
    full = threading.Event()
    lock = threading.Lock()

    def classifier(products: Sequence[Product]) -> list[Verdict]:
        nonlocal begun
        with lock:
            begun += 1
            if begun == 4 * 3:
                full.set()
        if products[0].product_id == "p1":
            assert full.wait(WAIT_SECONDS)
            time.sleep(0.1)  # were there more, they would be begun now
            assert begun == 4 * 3
        return classify(products)

    assert run(job(out, 200, chunks_in_flight=3), classifier).errors == 20


def test_a_poisonous_row_harms_no_other(out: Path) -> None:
    summary = run(job(out, 40), failing_on("p12", "p13", "p31"))
    bad = {row["row"]: row["error"] for row in read_verdicts(out) if row["status"] == "error"}
    assert sorted(bad) == [10, 12, 13, 20, 30, 31, 40]
    assert bad[12] == "internal: ValueError: poison"
    assert summary.errors_by_kind == {"empty_title": 4, "internal": 3}


def test_answers_that_do_not_match_the_products_are_no_answers(out: Path) -> None:
    def classifier(products: Sequence[Product]) -> list[Verdict]:
        swapped = len(products) > 1 or products[0].product_id == "p5"
        return classify(products)[:-1] if swapped else classify(products)

    run(job(out, 9), classifier)
    assert [row["row"] for row in read_verdicts(out) if row["status"] == "error"] == [5]


def test_a_verdict_outside_the_taxonomy_becomes_an_error_row(out: Path) -> None:
    run(
        job(out, 9),
        lambda products: [
            verdict(each, category_id="elsewhere") if each.product_id == "p4" else verdict(each)
            for each in products
        ],
    )
    row = list(read_verdicts(out))[3]
    assert (row["status"], row["category_id"]) == ("error", None)
    assert row["error"] == "internal: the verdict 'elsewhere' is not in the taxonomy"


@pytest.mark.parametrize("error", [WorkspaceError, SettingsError, EncoderError])
def test_an_error_that_no_row_can_escape_stops_the_run(out: Path, error: type[Exception]) -> None:
    classifier = mock.Mock(side_effect=failing_on("p33", error=error))
    with pytest.raises(error, match="poison"):
        run(job(out, 100), classifier)
    assert min(len(call.args[0]) for call in classifier.call_args_list) > 1  # no product was tried alone
    assert numbers(out) == list(range(1, 33))
    assert run(job(out, 100)).rows == 100


def test_such_an_error_also_stops_the_run_when_products_are_tried_alone(out: Path) -> None:
    def classifier(products: Sequence[Product]) -> list[Verdict]:
        raise SettingsError("no model") if len(products) == 1 else ValueError("poison")

    with pytest.raises(SettingsError, match="no model"):
        run(job(out, 16), classifier)


def test_a_catalog_that_breaks_off_keeps_the_rows_before(out: Path) -> None:
    def broken() -> Iterator[Row | RowError]:
        yield from rows(44)
        raise CatalogError("torn file")

    with pytest.raises(CatalogError, match="torn file"):
        run(job(out, 44, rows=broken))
    assert numbers(out) == list(range(1, 41))
    run(job(out, 60))
    assert numbers(out) == list(range(1, 61))


def test_stop_finishes_what_is_in_flight_and_begins_nothing(out: Path) -> None:
    stop = threading.Event()
    read = read_by_then = 0

    def counted() -> Iterator[Row | RowError]:
        nonlocal read
        for row in rows(200):
            read += 1
            yield row

    def listen(where: Progress) -> None:
        nonlocal read_by_then
        read_by_then = read_by_then or read
        stop.set()

    summary = run(job(out, 200, rows=counted, chunks_in_flight=3), stop=stop, progress=listen)
    assert 8 <= read_by_then < 200
    assert (summary.rows, summary.reason, summary.stopped) == (read_by_then, "stopped", True)
    assert read == read_by_then
    assert batch_status(out) == summary


def test_a_stopped_run_carries_on_to_the_same_bytes(tmp_path: Path) -> None:
    stop = threading.Event()
    run(job(tmp_path / "a", 100), stop=stop, progress=lambda _: stop.set())
    run(job(tmp_path / "a", 100))
    run(job(tmp_path / "b", 100))
    assert output(tmp_path / "a") == output(tmp_path / "b")


def test_stop_before_the_first_row(out: Path) -> None:
    stop = threading.Event()
    stop.set()
    summary = run(job(out, 20), stop=stop)
    assert (summary.rows, summary.reason) == (0, "stopped")
    assert numbers(out) == []


def test_too_many_errors_stop_the_run_until_more_are_allowed(out: Path) -> None:
    summary = run(job(out, 200, max_errors=2, chunks_in_flight=1))
    assert (summary.rows, summary.errors, summary.reason, summary.stopped) == (24, 2, "max_errors", True)
    assert run(job(out, 200, max_errors=2)).rows == 24
    assert run(job(out, 200)).reason == "complete"


def test_a_limit_ends_the_run_and_a_higher_one_carries_on(tmp_path: Path) -> None:
    out = tmp_path / "a"
    first = run(job(out, 50, limit=13))
    assert (first.rows, first.reason, first.stopped) == (13, "limit", False)
    assert run(job(out, 50, limit=5)).rows == 13
    assert run(job(out, 50, limit=30)).rows == 30
    assert run(job(out, 50)).reason == "complete"
    run(job(tmp_path / "b", 50))
    assert output(out) == output(tmp_path / "b")
    limited, whole = batch_status(out), batch_status(tmp_path / "b")
    assert (limited.tokens_in, limited.latency_ms) == (whole.tokens_in, whole.latency_ms)


def test_a_chunk_that_is_filled_up_keeps_what_it_has(out: Path) -> None:
    run(job(out, 50, limit=13))
    again = mock.Mock(side_effect=classify)
    run(job(out, 50, limit=16), again)
    asked = [each.product_id for call in again.call_args_list for each in call.args[0]]
    assert asked == ["p14", "p15", "p16"]


def test_what_is_done_is_not_classified_again(out: Path) -> None:
    run(job(out, 40, limit=24))
    seen: list[str] = []

    def classifier(products: Sequence[Product]) -> list[Verdict]:
        seen.extend(each.product_id for each in products)
        return classify(products)

    run(job(out, 40, chunks_in_flight=1), classifier)
    assert seen == [f"p{number}" for number in range(25, 41) if number % 10]


def test_an_empty_catalog_is_a_complete_run(out: Path) -> None:
    assert run(job(out, 0)).model_dump(include={"rows", "reason", "shares"}) == {
        "rows": 0,
        "reason": "complete",
        "shares": {},
    }


def test_a_chunk_of_bad_rows_needs_no_classifier(out: Path) -> None:
    bad = [RowError(number, "", "missing_id", "`product_id` is missing") for number in range(1, 9)]
    assert run(job(out, 8, rows=lambda: iter(bad)), failing_on("", error=SettingsError)).errors == 8


def test_progress_tells_where_the_run_stands(out: Path) -> None:
    seen: list[Progress] = []
    run(job(out, 40, total_rows=40, limit=32), progress=seen.append)
    assert [where.rows for where in seen] == [8, 16, 24, 32]
    last = seen[-1]
    assert (last.total, last.eta_seconds, last.errors) == (32, 0.0, {"empty_title": 3})
    good = [verdict(product(number)).status for number in range(1, 33) if number % 10]
    assert last.accepted == pytest.approx(good.count("accepted") / len(good))
    assert seen[0].rows_per_second > 0
    assert (seen[0].eta_seconds or 0) > 0


@pytest.mark.parametrize("name", ["chunk_rows", "chunks_in_flight", "limit", "max_errors"])
def test_counts_below_one_are_refused(out: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"`{name}` is 0"):
        job(out, 1, **{name: 0})
