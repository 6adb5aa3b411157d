"""A catalog through the graph as a batch."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agents.definitions import DefinitionStore
from agents.llm.prices import load_prices, require_price
from app.batch_page import write_page
from app.batch_telling import telling
from app.fingerprint import batch_fingerprint
from app.opening import Opened
from app.options import BatchOptions
from app.running import GraphRunner, Listener, counting
from catalog.product import Product
from catalog.progress import Progress
from catalog.reader import count_rows, read_catalog
from catalog.settings import Settings
from graph.batch.job import BatchJob
from graph.batch.past import Past
from graph.batch.paying import paying
from graph.batch.results import ledger_of
from graph.batch.runner import retry_batch, run_batch
from graph.batch.spending import Spending
from graph.batch.summary import RunSummary
from graph.batch.work import Classify
from graph.context import Context
from graph.verdict import Verdict
from retrieval.workspace import DEFINITIONS


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
    spending = spending_of(job.options, opened)
    batch = _batch_job(job, opened, context)
    with (
        _past(job.options.since, batch.fingerprint, progress) as past,
        telling(progress, job.out, batch.total_rows, job.options.limit) as told,
    ):
        batch = replace(batch, past=past, since=past.identity if past else None)
        classify = classifier(
            opened, context, spending, job.settings.llm_concurrency, counting(told.deliberated)
        )
        summary = run_batch(batch, classify, progress=told.standing, stop=stop, spending=spending)
    write_page(job.out, summary)
    return summary


def retry_catalog(
    job: CatalogJob, opened: Opened, context: Context, progress: Progress, stop: threading.Event
) -> RunSummary:
    """Do the error rows of a folder again; raises as `graph.batch.runner.retry_batch`."""
    rows = sum(done.rows for done in ledger_of(job.out).chunks.values())
    spending = spending_of(job.options, opened)
    batch = _batch_job(job, opened, context)
    with telling(progress, job.out, rows, None) as told:
        classify = classifier(
            opened, context, spending, job.settings.llm_concurrency, counting(told.deliberated)
        )
        summary = retry_batch(batch, classify, progress=told.standing, stop=stop, spending=spending)
    write_page(job.out, summary)
    return summary


def spending_of(options: BatchOptions, opened: Opened) -> Spending:
    """Counts what the opened language model costs.

    Raises:
        SettingsError: the price table is wrong, or a greatest cost was given and there is no price.
    """
    if opened.llm is None:
        return Spending()
    prices = load_prices(options.prices)
    wanted = options.max_cost is not None
    price = require_price(prices, opened.llm.name) if wanted else prices.find(opened.llm.name)
    return Spending(price, options.max_cost, opened.llm.limiter.limit)


def classifier(
    opened: Opened, context: Context, spending: Spending, concurrency: int, listen: Listener
) -> Classify:
    """Products to verdicts through the graph; what they cost is counted in `spending`.

    Args:
        concurrency: products of one chunk that are deliberated at once.
    """
    experts = paying(opened.experts, spending, defined_categories(opened))
    runner = GraphRunner.over(experts, context, concurrency)

    def classify(products: Sequence[Product]) -> list[Verdict]:
        return runner.verdicts(products, listen)

    return classify


def defined_categories(opened: Opened) -> Collection[str]:
    """Ids of the categories that have a definition in the workspace."""
    if opened.experts.summarizer is None:
        return ()
    store = DefinitionStore.open(opened.workspace.path(DEFINITIONS))
    return store.get(c.category_id for c in opened.experts.domain_expert.taxonomy.categories)


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
