"""A small catalog and a classifier that always gives the same verdicts."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agents.case import Candidate, DefinitionRef, Reasoning
from catalog.product import Product, Row, RowError
from graph.batch.job import BatchJob
from graph.batch.runner import retry_batch, run_batch
from graph.batch.summary import RunSummary
from graph.verdict import Verdict

CATEGORIES = [f"c{number}" for number in range(20)]
CHUNK = 8


def product(number: int) -> Product:
    return Product(product_id=f"p{number}", title=f"thing {number}")


def rows(count: int, first: int = 1) -> Iterator[Row | RowError]:
    """Rows `first` to `count`; every tenth is bad."""
    for number in range(first, count + 1):
        if number % 10 == 0:
            yield RowError(number, f"p{number}", "empty_title", "`title` is empty")
        else:
            yield Row(number, product(number))


def verdict(of: Product, **changes: Any) -> Verdict:
    draw = int(hashlib.md5(of.product_id.encode()).hexdigest()[:8], 16)
    names = [CATEGORIES[(draw + place) % len(CATEGORIES)] for place in range(3)]
    candidates = tuple(
        Candidate(category_id=name, category_path=f"All > {name}", score=1 / (place + 2), source="head+paths")
        for place, name in enumerate(names)
    )
    fields: dict[str, Any] = {
        "product_id": of.product_id,
        "category_id": names[0],
        "category_path": candidates[0].category_path,
        "status": "accepted",
        "confidence": 0.9,
        "candidates": candidates,
        "latency_ms": {"recommend": 1.0 + draw % 7},
    }
    if draw % 4 == 0:
        fields |= {
            "status": "deliberated",
            "reasoning": Reasoning(
                clues=("thing",), user="anyone", use_case="any", ranking=tuple(names), reason="it says so"
            ),
            "definitions": (DefinitionRef(category_id=names[0], version=2),),
            "prompt": "rank v1",
            "model": "embedded",
            "tokens_in": 100,
            "tokens_out": 10,
        }
    return Verdict(**{**fields, **changes})


def classify(products: Sequence[Product]) -> list[Verdict]:
    return [verdict(each) for each in products]


def job(out: Path, count: int, **changes: Any) -> BatchJob:
    fields: dict[str, Any] = {
        "rows": lambda: rows(count),
        "out": out,
        "fingerprint": {"workspace": "abc"},
        "known_categories": frozenset(CATEGORIES),
        "chunk_rows": CHUNK,
    }
    return BatchJob(**{**fields, **changes})


def run(batch: BatchJob, classifier: Any = classify, **options: Any) -> RunSummary:
    return run_batch(batch, classifier, **{"stop": threading.Event(), **options})


def mended(count: int) -> Iterator[Row | RowError]:
    """The same catalog with its bad rows put right."""
    return (Row(number, product(number)) for number in range(1, count + 1))


def retry(batch: BatchJob, classifier: Any = classify, **options: Any) -> RunSummary:
    return retry_batch(batch, classifier, **{"stop": threading.Event(), **options})


def output(out: Path) -> dict[str, bytes]:
    """The files that must be the same whatever happened on the way, by name."""
    files = [*(out / "verdicts").glob("part-*"), out / "errors.jsonl"]
    return {path.name: path.read_bytes() for path in sorted(files)}
