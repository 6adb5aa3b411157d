"""Verdicts of an earlier batch."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from batch_world import classify, job, product, rows, run, verdict

from catalog.errors import WorkspaceError
from catalog.product import Product, Row, RowError
from graph.batch.past import Past
from graph.batch.results import read_verdicts
from graph.batch.runner import retry_batch
from graph.batch.summary import RunSummary
from graph.verdict import Verdict

COUNT = 60
FINGERPRINT = {"workspace": "abc"}


def since(
    out: Path, before: Path, count: int = COUNT, classifier: Any = classify, **changes: Any
) -> RunSummary:
    fingerprint = changes.pop("fingerprint", FINGERPRINT)
    past = Past(before, fingerprint)
    batch = job(out, count, past=past, since=past.identity, fingerprint=fingerprint, **changes)
    summary = run(batch, classifier)
    past.close()
    return summary


def changed_rows(*numbers: int, count: int = COUNT) -> Iterator[Row | RowError]:
    for row in rows(count):
        if row.number in numbers and isinstance(row, Row):
            yield Row(row.number, row.product.model_copy(update={"description": "new"}))
        else:
            yield row


@pytest.fixture
def before(tmp_path: Path) -> Path:
    run(job(tmp_path / "before", COUNT))
    return tmp_path / "before"


def seen(classifier: mock.Mock) -> list[str]:
    return sorted(each.product_id for call in classifier.call_args_list for each in call.args[0])


def test_nothing_new_asks_nothing_and_gives_the_same_rows(out: Path, before: Path) -> None:
    never = mock.Mock(side_effect=AssertionError)
    summary = since(out, before, classifier=never)
    assert never.call_count == 0
    assert list(read_verdicts(out)) == list(read_verdicts(before))
    assert (summary.copied, summary.errors, summary.tokens_in) == (54, 6, 0)


def test_changed_and_new_products_alone_are_classified(out: Path, before: Path) -> None:
    classifier = mock.Mock(side_effect=classify)
    summary = since(out, before, COUNT + 5, classifier, rows=lambda: changed_rows(3, 41, count=COUNT + 5))
    assert seen(classifier) == sorted(["p3", "p41", *(f"p{n}" for n in range(61, 66))])
    assert (summary.rows, summary.copied) == (65, 52)


def test_the_same_products_in_another_order_and_number_are_found(out: Path, before: Path) -> None:
    turned = [Row(n, product(61 - n)) for n in range(1, 61)]
    classifier = mock.Mock(side_effect=classify)
    since(out, before, classifier=classifier, rows=lambda: iter(turned))
    assert seen(classifier) == sorted(f"p{n}" for n in range(10, 61, 10))
    assert [(row["row"], row["product_id"]) for row in read_verdicts(out)] == [
        (n, f"p{61 - n}") for n in range(1, 61)
    ]


def test_a_copied_verdict_is_the_one_before_whatever_the_classifier_says_now(out: Path, before: Path) -> None:
    def other(products: Sequence[Product]) -> list[Verdict]:
        return [verdict(each, confidence=0.1) for each in products]

    since(out, before, classifier=other, rows=lambda: changed_rows(3))
    assert [row["row"] for row in read_verdicts(out) if row["confidence"] == 0.1] == [3]


def test_failed_and_error_rows_are_done_again(out: Path, tmp_path: Path) -> None:
    def failing(products: Sequence[Product]) -> list[Verdict]:
        return [
            verdict(each, status="degraded" if each.product_id in ("p1", "p2") else "accepted")
            for each in products
        ]

    run(job(tmp_path / "before", 9), failing)
    classifier = mock.Mock(side_effect=classify)
    since(out, tmp_path / "before", 9, classifier)
    assert seen(classifier) == ["p1", "p2"]


def test_another_workspace_takes_nothing_over_and_says_why(out: Path, before: Path) -> None:
    past = Past(before, {"workspace": "def"})
    assert past.changed == ["`workspace` was 'abc', is now 'def'"]
    classifier = mock.Mock(side_effect=classify)
    assert since(out, before, classifier=classifier, fingerprint={"workspace": "def"}).copied == 0
    assert len(seen(classifier)) == 54


def test_another_catalog_and_cut_do_not_matter(out: Path, before: Path) -> None:
    changed = {"fingerprint": {"workspace": "abc", "source": "today.csv", "columns": "title=name"}}
    assert since(out, before, **changed, chunk_rows=7).copied == 54


def test_of_a_folder_with_accepted_changes_only_the_fitting_chunks_are_taken(
    out: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    run(job(mixed, COUNT, limit=24))
    run(job(mixed, COUNT, fingerprint={"workspace": "def"}, accept_changes=True))
    assert since(out, mixed).copied == 22  # the first three chunks, less two error rows
    assert since(out.with_name("b"), mixed, fingerprint={"workspace": "def"}).copied == 32


def test_a_copy_of_a_copy_is_the_same(out: Path, before: Path, tmp_path: Path) -> None:
    since(out, before)
    assert since(tmp_path / "third", out).copied == 54
    assert list(read_verdicts(tmp_path / "third")) == list(read_verdicts(before))


def test_a_run_that_goes_on_must_copy_from_the_same_batch(out: Path, before: Path) -> None:
    since(out, before, limit=24)
    with pytest.raises(WorkspaceError, match=r"`since` was '[0-9a-f]+', is now nothing"):
        run(job(out, COUNT))
    other = before.with_name("other")
    run(job(other, 30))
    with pytest.raises(WorkspaceError, match="`since` was"):
        since(out, other)
    assert since(out, before).copied == 54


def test_a_retry_needs_no_earlier_batch(out: Path, before: Path) -> None:

    since(out, before)
    fixed = job(out, COUNT, rows=lambda: (Row(n, product(n)) for n in range(1, COUNT + 1)))
    assert retry_batch(fixed, classify, stop=threading.Event()).errors == 0


def test_a_damaged_part_of_the_earlier_batch_is_told(before: Path) -> None:
    part = sorted((before / "verdicts").iterdir())[2]
    part.write_bytes(part.read_bytes()[:-50])
    with pytest.raises(WorkspaceError, match=r"part-000002.parquet` is damaged"):
        Past(before, FINGERPRINT)
    with pytest.raises(WorkspaceError, match="holds no batch"):
        Past(before.with_name("nowhere"), FINGERPRINT)
