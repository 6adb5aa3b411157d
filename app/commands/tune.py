"""`dual-expert tune`: fit how much the general expert counts."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.exits import finished
from app.options import ModelOptions, OutputOptions, TopK, WorkspaceFolder
from app.output import Output, table
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from app.tuning import Tuning


def tune(
    workspace: WorkspaceFolder,
    models: ModelOptions,
    output: OutputOptions,
    cases: Annotated[int, typer.Option(min=1, help="Most validation rows to ask about.")] = 150,
    k: TopK = None,
    seed: Annotated[int, typer.Option(help="Of the draw and of the cross-fitting.")] = 0,
) -> int:
    """Ask the general expert about validation rows that the gate holds back, and fit its weight."""
    out = Output(output)
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.opening import open_all
    from app.tuning import held_back, sampled
    from app.tuning import tune as run_tuning
    from app.validation import read_validation
    from retrieval.workspace import GENERAL

    opened = open_all(workspace, settings, models.prompts, out.progress)
    if opened.experts.general_expert is None:
        raise SettingsError("`--llm none` leaves nothing to tune.", fix="Name a language model with `--llm`.")
    rows = held_back(read_validation(opened.workspace), opened.experts.gate)
    path = opened.workspace.path(GENERAL)
    tuning = run_tuning(
        sampled(rows, cases, seed),
        opened.experts,
        path,
        top_k=settings.top_k,
        concurrency=settings.llm_concurrency,
        seed=seed,
        progress=out.progress,
    )
    _show(out, tuning, str(path))
    return finished(tuning.failed)


def _show(out: Output, tuning: "Tuning", file: str) -> None:
    record = tuning.record
    weights = dict(zip(record.choice.names, record.choice.weights, strict=True))
    document: dict[str, Any] = {
        "key": tuning.key,
        "rows": record.rows,
        "failed": tuning.failed,
        "domain_accuracy": record.domain_accuracy,
        "fused_accuracy": record.fused_accuracy,
        "kept_domain": record.kept_domain,
        "ece_fused": record.ece_fused,
        "ece": record.ece,
        "asked_again": record.asked_again,
        "weights": weights,
        "file": file,
    }
    shown = table(f"On {record.rows:,} uncertain validation rows, cross-fitted", "", "right")
    shown.add_row("domain expert", f"{record.domain_accuracy:.1%}")
    shown.add_row("both experts", f"{record.fused_accuracy:.1%}")
    outcome = (
        "The general expert did not help, so the domain expert's order is kept."
        if record.kept_domain
        else "The general expert helps; weights: " + ", ".join(f"{n} {w:.2f}" for n, w in weights.items())
    )
    calibrated = (
        f"Calibration error of the confidence on rows that no fit saw: {record.ece_fused:.3f} as fused, "
        f"{record.ece:.3f} calibrated."
    )
    failed = f"{tuning.failed:,} cases got no answer." if tuning.failed else ""
    out.show(document, shown, outcome, calibrated, failed, f"Kept as {tuning.key!r} in {file}.")
