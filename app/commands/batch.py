"""`dual-expert batch`: a whole catalog, every row exactly once."""

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
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output, table
from app.progress import duration
from app.threads import use_threads

if TYPE_CHECKING:
    from graph.batch.summary import RunSummary


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
    console = Output(output)
    settings = models.settings(top_k=k, chunk_rows=batch.chunk_rows)
    use_threads(settings.threads)
    from app.batch import CatalogJob, classify_catalog
    from app.opening import open_all
    from app.stopping import stop_event
    from graph.context import Context

    job = CatalogJob(catalog, column_mapping(column), out, batch, settings)
    opened = open_all(workspace, settings, models.prompts, console.progress)
    context = Context(top_k=settings.top_k, threshold=threshold, explain=batch.explain)
    with stop_event() as stop:
        summary = classify_catalog(job, opened, context, console.progress, stop)
    _show(console, summary, str(out))
    return _exit_code(summary)


def status(out: OutFolder, output: OutputOptions) -> int:
    """What a batch folder holds, also while the batch runs; the exit code is that of the batch."""
    from graph.batch.results import batch_status

    summary = batch_status(out)
    _show(Output(output), summary, str(out))
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
        f"{duration(summary.seconds)}, {summary.rows_per_second:,.1f} rows/s, "
        f"{summary.tokens_in:,} tokens in, {summary.tokens_out:,} out.",
        f"Ended: {summary.reason.replace('_', ' ')}."
        + (" Run the same again to go on." if summary.stopped else ""),
    )
