"""A catalog through the graph as a batch."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.fingerprint import batch_fingerprint
from app.opening import Opened
from app.options import BatchOptions
from app.running import GraphRunner, counting
from catalog.product import Product
from catalog.progress import Advance, Progress
from catalog.reader import count_rows, read_catalog
from catalog.settings import Settings
from graph.batch.job import BatchJob
from graph.batch.ledger import read_ledger
from graph.batch.runner import run_batch
from graph.batch.summary import Progress as Standing
from graph.batch.summary import RunSummary
from graph.context import Context
from graph.verdict import Verdict


@dataclass
class _Rows:
    """Tells a progress task how many rows are new since it was last told."""

    advance: Advance
    shown: int = 0

    def __call__(self, rows: int) -> None:
        self.advance(rows - self.shown)
        self.shown = rows


@dataclass(frozen=True)
class CatalogJob:
    """Which catalog goes where, and how.

    Attributes:
        columns: our column name to the catalog's.
    """

    catalog: Path
    columns: Mapping[str, str]
    out: Path
    options: BatchOptions
    settings: Settings


def classify_catalog(
    job: CatalogJob, opened: Opened, context: Context, progress: Progress, stop: threading.Event
) -> RunSummary:
    """Classify a catalog into a folder, or go on with it; raises as `graph.batch.runner.run_batch`."""
    runner = GraphRunner.over(opened.experts, context, job.settings.llm_concurrency)
    total = count_rows(job.catalog)
    shown_total = min((n for n in (total, job.options.limit) if n is not None), default=None)
    with (
        progress.task("classifying", shown_total) as advance,
        progress.task("deliberating", None) as deliberated,
    ):
        rows = _Rows(advance)
        rows(sum(done.rows for done in read_ledger(job.out).chunks.values()))
        listen = counting(deliberated)

        def classify(products: Sequence[Product]) -> list[Verdict]:
            return runner.verdicts(products, listen)

        def show(standing: Standing) -> None:
            rows(standing.rows)

        return run_batch(_batch_job(job, opened, context, total), classify, progress=show, stop=stop)


def _batch_job(job: CatalogJob, opened: Opened, context: Context, total: int | None) -> BatchJob:
    taxonomy = opened.experts.domain_expert.taxonomy
    return BatchJob(
        rows=lambda: read_catalog(job.catalog, columns=job.columns),
        out=job.out,
        fingerprint=batch_fingerprint(opened, context, job.catalog, job.columns),
        known_categories=frozenset(c.category_id for c in taxonomy.categories),
        chunk_rows=job.settings.chunk_rows,
        chunks_in_flight=job.options.chunks_in_flight,
        limit=job.options.limit,
        max_errors=job.options.max_errors,
        total_rows=total,
        accept_changes=job.options.accept_changes,
    )
