"""`dual-expert batch plan`: what a batch will take, before it starts."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK
from app.options import (
    Catalog,
    Columns,
    ModelOptions,
    OutputOptions,
    PriceOptions,
    Threshold,
    TopK,
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output, table
from app.progress import duration
from app.threads import use_threads

if TYPE_CHECKING:
    from graph.batch.draws import Range
    from graph.batch.estimate import Plan

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder of the output: what is in it counts as done."),
]
Since = Annotated[
    Path | None, typer.Option(metavar="RUN", help="Folder of an earlier batch: what is unchanged is copied.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Of a run that stops after this many rows.")]
Sample = Annotated[int, typer.Option(min=1, help="Products to look at.")]
Explain = Annotated[bool, typer.Option("--explain/--no-explain", help="Of a run that writes the reasoning.")]


def plan(
    catalog: Catalog,
    workspace: WorkspaceFolder,
    models: ModelOptions,
    price: PriceOptions,
    output: OutputOptions,
    out: Out = None,
    since: Since = None,
    limit: Limit = None,
    sample: Sample = 1000,
    explain: Explain = True,
    column: Columns = None,
    k: TopK = None,
    threshold: Threshold = None,
) -> int:
    """Rows, calls, tokens, time and cost of a batch, with ranges; asks the language model nothing."""
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.batch_plan import PlanJob, plan_batch
    from graph.context import Context

    console = Output(output)
    job = PlanJob(catalog, column_mapping(column), settings, out, since, price.prices, limit, sample)
    context = Context(top_k=settings.top_k, threshold=threshold, explain=explain)
    _show(console, plan_batch(job, workspace, models.prompts, context, console.progress))
    return OK


def _show(console: Output, plan: "Plan") -> None:
    from app.batch_telling import money

    rows: list[tuple[str, Range | None, Callable[[float], str]]] = [
        ("stop at the gate", plan.accepted, lambda value: f"{value:.1%}"),
        ("deliberations", plan.deliberations, _count),
        ("definitions", plan.definitions, _count),
        ("calls", plan.calls, _count),
        ("tokens in", plan.tokens_in, _count),
        ("tokens out", plan.tokens_out, _count),
        ("time", plan.seconds, duration),
        ("cost", plan.cost, money),
    ]
    figures = table(f"{plan.to_classify:,} of {plan.rows:,} rows to classify", "", "low", "expected", "high")
    for name, figure, shown in rows:
        if figure is not None:
            figures.add_row(name, shown(figure.low), shown(figure.expected), shown(figure.high))
    left_out = {"done already": plan.done, "cannot be read": plan.errors, "copied": plan.copied}
    console.show(
        plan.model_dump(mode="json"),
        figures,
        ", ".join(f"{count:,} {what}" for what, count in left_out.items() if count),
        f"From {plan.sampled:,} products drawn at random, with {plan.model}; low and high with a confidence "
        "of 95%.",
        *plan.notes,
    )


def _count(value: float) -> str:
    return f"{value:,.0f}"
