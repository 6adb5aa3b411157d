"""A catalog through the graph as a batch."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.batch_page import write_page
from app.batch_telling import telling
from app.batch_work import work_of
from app.fingerprint import batch_fingerprint
from app.opening import Opened
from app.options import BatchOptions
from app.running import counting
from catalog.progress import Progress
from catalog.reader import count_rows, read_catalog
from catalog.settings import Settings
from graph.batch.job import BatchJob
from graph.batch.past import Past
from graph.batch.results import ledger_of
from graph.batch.runner import retry_batch, run_batch
from graph.batch.summary import RunSummary
from graph.context import Context


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
    batch = _batch_job(job, opened, context)
    with (
        _past(job.options.since, batch.fingerprint, progress) as past,
        telling(progress, job.out, batch.total_rows, job.options.limit) as told,
    ):
        batch = replace(batch, past=past, since=past.identity if past else None)
        work = work_of(job.options, job.settings, opened, context, counting(told.deliberated))
        summary = run_batch(
            batch,
            work.classify,
            progress=told.standing,
            stop=stop,
            spending=work.spending,
            engine=work.engine,
        )
    write_page(job.out, summary)
    return summary


def retry_catalog(
    job: CatalogJob, opened: Opened, context: Context, progress: Progress, stop: threading.Event
) -> RunSummary:
    """Do the error rows of a folder again; raises as `graph.batch.runner.retry_batch`."""
    rows = sum(done.rows for done in ledger_of(job.out).chunks.values())
    batch = _batch_job(job, opened, context)
    with telling(progress, job.out, rows, None) as told:
        work = work_of(job.options, job.settings, opened, context, counting(told.deliberated))
        summary = retry_batch(
            batch,
            work.classify,
            progress=told.standing,
            stop=stop,
            spending=work.spending,
            engine=work.engine,
        )
    write_page(job.out, summary)
    return summary


@contextmanager
def _past(folder: Path | None, fingerprint: Mapping[str, str], progress: Progress) -> Iterator[Past | None]:
    if folder is None:
        yield None
        return
    with progress.task(f"reading {folder}", None):
        past = Past(folder, fingerprint)
    if past.changed:
        progress.say(f"Not copied from {folder}: {'; '.join(past.changed)}.")
    with closing(past):
        yield past


def _batch_job(job: CatalogJob, opened: Opened, context: Context) -> BatchJob:
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
        total_rows=count_rows(job.catalog),
        accept_changes=job.options.accept_changes,
    )
