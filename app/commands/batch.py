"""`dual-expert batch`: a whole catalog, every row exactly once."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.exits import STOPPED, finished
from app.options import (
    BatchOptions,
    Catalog,
    Columns,
    ModelOptions,
    OutFolder,
    OutputOptions,
    Threshold,
    TopK,
    WorkOptions,
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output, table
from app.progress import duration
from app.threads import use_threads

if TYPE_CHECKING:
    from threading import Event

    from app.batch import CatalogJob
    from app.opening import Opened
    from catalog.progress import Progress
    from graph.batch.summary import RunSummary
    from graph.context import Context

    Task = Callable[[CatalogJob, Opened, Context, Progress, Event], RunSummary]


def run(
    catalog: Catalog,
    workspace: WorkspaceFolder,
    out: OutFolder,
    models: ModelOptions,
    batch: BatchOptions,
    output: OutputOptions,
    column: Columns = None,
    k: TopK = None,
    threshold: Threshold = None,
) -> int:
    """Classify a catalog into a folder; stopped or killed, it goes on when started again."""
    settings = models.settings(top_k=k, chunk_rows=batch.chunk_rows)
    use_threads(settings.threads)
    from app.batch import CatalogJob, classify_catalog

    job = CatalogJob(catalog, column_mapping(column), out, batch, settings)
    return _work(job, classify_catalog, workspace, models, output, threshold)


def retry(
    catalog: Catalog,
    workspace: WorkspaceFolder,
    out: OutFolder,
    models: ModelOptions,
    work: WorkOptions,
    output: OutputOptions,
    column: Columns = None,
    k: TopK = None,
    threshold: Threshold = None,
) -> int:
    """Do the error rows of a folder again and nothing else; good rows stay as they are."""
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.batch import CatalogJob, retry_catalog

    job = CatalogJob(catalog, column_mapping(column), out, BatchOptions(**asdict(work)), settings)
    return _work(job, retry_catalog, workspace, models, output, threshold)


def status(out: OutFolder, output: OutputOptions) -> int:
    """What a batch folder holds, also while the batch runs; the exit code is that of the batch."""
    from graph.batch.results import batch_status

    summary = batch_status(out)
    _show(Output(output), summary, str(out))
    return _exit_code(summary)


def _work(
    job: "CatalogJob",
    task: "Task",
    workspace: WorkspaceFolder,
    models: ModelOptions,
    output: OutputOptions,
    threshold: float | None,
) -> int:
    from app.opening import open_all
    from app.stopping import stop_event
    from graph.context import Context

    console = Output(output)
    opened = open_all(workspace, job.settings, models.prompts, console.progress)
    context = Context(top_k=job.settings.top_k, threshold=threshold, explain=job.options.explain)
    with stop_event() as stop:
        summary = task(job, opened, context, console.progress, stop)
    _show(console, summary, str(job.out))
    return _exit_code(summary)


def _exit_code(summary: "RunSummary") -> int:
    return STOPPED if summary.stopped else finished(summary.errors)


def _show(console: Output, summary: "RunSummary", out: str) -> None:
    from graph.batch.report import ERRORS_NAME

    statuses = table(f"{summary.rows:,} rows in {out}", "status", "rows", "share")
    for name, count in summary.statuses.items():
        statuses.add_row(name, f"{count:,}", f"{summary.shares[name]:.1%}")
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in summary.errors_by_kind.items())
    console.show(
        {**summary.model_dump(mode="json"), "out": out},
        statuses,
        f"Error rows: {kinds}; they are listed in {out}/{ERRORS_NAME}." if kinds else "",
        f"{summary.copied:,} verdicts were copied from the earlier batch." if summary.copied else "",
        f"{duration(summary.seconds)}, {summary.rows_per_second:,.1f} rows/s, {_took(summary)}.",
        f"Ended: {summary.reason.replace('_', ' ')}."
        + (" Run the same again to go on." if summary.stopped else ""),
    )


def _took(summary: "RunSummary") -> str:
    from app.batch_telling import money

    tokens = f"{summary.tokens_in:,} tokens in, {summary.tokens_out:,} out"
    cost = "" if summary.cost is None else f", {money(summary.cost)}"
    return f"{summary.calls:,} language model calls, {tokens}{cost}"
