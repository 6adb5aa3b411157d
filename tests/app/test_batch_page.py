"""The page of a batch, made from what the batch's own tests run."""

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from agents.case import Candidate
from app.batch_figures import figures_of
from app.batch_page import write_page
from catalog.product import Product, Row, RowError
from graph.batch.job import BatchJob
from graph.batch.results import ledger_of
from graph.batch.runner import run_batch
from graph.batch.summary import RunSummary
from graph.verdict import Status, Verdict

NASTY = "Toys & <b>Games</b>"


def _verdict(product: Product) -> Verdict:
    number = int(product.product_id)
    status: Status = "deliberated" if number % 4 == 0 else "accepted"
    path = f"{NASTY} > Puzzles" if number % 3 == 0 else "Garden > Hoses"
    return Verdict(
        product_id=product.product_id,
        category_id="c",
        category_path=path,
        status=status,
        confidence=0.97 if status == "accepted" else 0.32,
        candidates=(Candidate(category_id="c", category_path=path, score=1.0, source="head"),),
        latency_ms={"recommend": 2.0, "rank": 150.0} if status == "deliberated" else {"recommend": 2.0},
    )


def _classify(products: Sequence[Product]) -> list[Verdict]:
    return [_verdict(product) for product in products]


def _rows(count: int) -> list[Row | RowError]:
    good = [Row(n, Product(product_id=str(n), title="x")) for n in range(1, count)]
    return [*good, RowError(count, "", "missing_id", "no <id>")]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "a<b"


@pytest.fixture
def summary(out: Path) -> RunSummary:
    job = BatchJob(
        rows=lambda: iter(_rows(61)),
        out=out,
        fingerprint={"workspace": "<script>"},
        known_categories=frozenset({"c"}),
        chunk_rows=8,
    )
    return run_batch(job, _classify, stop=threading.Event())


def test_figures_add_up_over_the_parts(out: Path, summary: RunSummary) -> None:
    found = figures_of(out, ledger_of(out))
    assert (found.accepted.sum(), found.others.sum()) == (45, 15)
    assert (found.accepted[19], found.others[6]) == (45, 15)
    departments = {d.name: (d.products, d.accepted) for d in found.departments}
    assert departments == {"Garden": (40, 30), NASTY: (20, 15)}
    assert found.rows[-1] == summary.rows == 61
    assert list(found.seconds) == sorted(found.seconds)


def test_the_page_holds_all_it_shows_and_escapes_what_it_quotes(out: Path, summary: RunSummary) -> None:
    page = write_page(out, summary).read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>Games" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    drawn = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawn) == 5
    for picture in drawn:
        ElementTree.fromstring(picture)
        assert "mathdefault" not in picture
    assert "missing_id" in page
    assert "61 rows" in page


def test_a_batch_without_rows_has_a_page_too(tmp_path: Path) -> None:
    job = BatchJob(rows=lambda: iter(()), out=tmp_path / "o", fingerprint={}, known_categories=frozenset())
    summary = run_batch(job, _classify, stop=threading.Event())
    assert "<svg" not in write_page(tmp_path / "o", summary).read_text("utf-8")
