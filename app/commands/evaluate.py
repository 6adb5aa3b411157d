"""`dual-expert evaluate`: both experts on labelled rows that training never saw."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import finished
from app.options import (
    Catalog,
    Columns,
    ModelOptions,
    OutFolder,
    OutputOptions,
    SplitFile,
    Threshold,
    TopK,
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output, table
from app.threads import use_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from evaluation.result import Evaluation, ExpertFigures


def evaluate(
    catalog: Catalog,
    workspace: WorkspaceFolder,
    out: OutFolder,
    models: ModelOptions,
    output: OutputOptions,
    split: SplitFile = None,
    part: Annotated[str, typer.Option(help="Part of the split file.")] = "test",
    column: Columns = None,
    k: TopK = None,
    threshold: Threshold = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many rows, always the same random ones.")
    ] = None,
    allow_training_rows: Annotated[
        bool, typer.Option("--allow-training-rows", help="Even rows that the workspace was trained on.")
    ] = False,
) -> int:
    """Compare the domain expert alone with the dual expert, and write a report."""
    console = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.evaluating import EvaluationJob, run_evaluation
    from app.labelled import Part
    from app.opening import open_all
    from graph.context import Context

    job = EvaluationJob(
        catalog=catalog,
        out=out,
        part=Part.read(split, part),
        columns=column_mapping(column),
        context=Context(top_k=settings.top_k, threshold=threshold, explain=False),
        limit=limit,
        allow_training_rows=allow_training_rows,
        chunk_rows=settings.chunk_rows,
        concurrency=settings.llm_concurrency,
    )
    opened = open_all(workspace, settings, models.prompts, console.progress)
    outcome = run_evaluation(job, opened, console.progress)
    console.show(
        {
            "evaluation": outcome.evaluation.model_dump(mode="json"),
            "errors": outcome.errors,
            "report": str(outcome.report),
        },
        _figures(outcome.evaluation),
        _gain(outcome.evaluation),
        f"{outcome.errors:,} rows could not be used; they are listed in {outcome.errors_file}."
        if outcome.errors
        else "",
        f"Report: {outcome.report}",
    )
    return finished(outcome.errors)


def _figures(evaluation: "Evaluation") -> "Table":
    shown = table(f"On {evaluation.n:,} products", "", "domain expert", "dual expert")
    for name, read in _ROWS.items():
        shown.add_row(name, read(evaluation.domain_expert), read(evaluation.dual_expert))
    return shown


def _interval(figures: "ExpertFigures") -> str:
    return f"{figures.accuracy.low:.1%} to {figures.accuracy.high:.1%}"


_ROWS: "dict[str, Callable[[ExpertFigures], str]]" = {
    "right": lambda f: f"{f.accuracy.value:.1%}",
    "95% interval": _interval,
    "right for the same text": lambda f: f"{f.accuracy_any.value:.1%}",
    "weighted F1": lambda f: f"{f.labels.weighted.f1:.1%}",
    "macro F1": lambda f: f"{f.labels.macro.f1:.1%}",
    "macro F1, classes with products": lambda f: f"{f.labels.macro_true.f1:.1%}",
    "weighted F1, mean of the levels": lambda f: f"{f.levels.weighted_f1:.1%}",
    "hierarchical F1": lambda f: f"{f.hierarchical.f1:.1%}",
    "weighted AUC": lambda f: f"{f.auc.weighted:.3f}" if f.auc else "one class only",
    "right among the first 10": lambda f: f"{f.recall_at[10].value:.1%}",
    "calibration error": lambda f: f"{f.ece:.1%}",
}


def _gain(evaluation: "Evaluation") -> str:
    statuses = ", ".join(f"{s.status} {s.share.value:.1%}" for s in evaluation.statuses if s.share.right)
    gain = evaluation.differences["accuracy"]
    return (
        f"Dual minus domain expert: {gain.value:+.1%} (95% interval {gain.low:+.1%} to {gain.high:+.1%}). "
        f"Ended: {statuses}."
    )
