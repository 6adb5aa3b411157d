"""`dual-expert gate audit`: does the gate keep its promise where labels are missing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK, finished
from app.options import Columns, ModelOptions, OutputOptions, TopK, column_mapping
from app.output import Output, plain, table
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table

    from audit.gate.history import GateAudit


def gate_audit(
    context: typer.Context,
    models: ModelOptions,
    output: OutputOptions,
    source: Annotated[
        Path | None,
        typer.Argument(metavar="CATALOG_OR_BATCH", help="New products: a catalog, or the folder of a batch."),
    ] = None,
    workspace: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the workspace.")] = None,
    catalog: Annotated[
        Path | None, typer.Option(metavar="CATALOG", help="What the batch read; it keeps no products.")
    ] = None,
    column: Columns = None,
    sample: Annotated[int, typer.Option(min=1, help="Most accepted products to ask about.")] = 300,
    calibration: Annotated[
        int, typer.Option(min=2, help="Most validation rows to ask about, to learn how the auditor errs.")
    ] = 300,
    products: Annotated[int, typer.Option(min=1, help="Most products to draw from the source.")] = 5000,
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Take the catalog's own labels for the truth.")
    ] = True,
    queue: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Review queue, whose decisions count as the truth.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Raise the threshold of a broken promise.")] = False,
    show: Annotated[bool, typer.Option("--show", help="List the audits so far; looks at nothing.")] = False,
    k: TopK = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all draws.")] = 0,
) -> int:
    """Have the whole dual expert look again at products that the gate accepts, and compare them with the
    products that its threshold was chosen on."""
    console = Output(output)
    folder = workspace or (context.parent.params.get("workspace") if context.parent else None)
    if folder is None:
        raise SettingsError("`--workspace` is missing.", fix="Name the folder of the workspace.")
    if show:
        return _history(console, folder)
    if source is None:
        raise SettingsError("There is nothing to audit.", fix="Name a catalog or a batch, or give `--show`.")
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.gate_auditing import GateAuditJob, audit_gate
    from app.gate_pool import PoolJob
    from app.opening import open_all

    pool = PoolJob(source, catalog, column_mapping(column), products, seed)
    job = GateAuditJob(pool, sample, calibration, labels, queue, apply)
    opened = open_all(folder, settings, models.prompts, console.progress)
    audit = audit_gate(job, opened, settings, console.progress)
    _show(console, audit, folder)
    return finished(audit.failed + audit.errors)


def _history(console: Output, folder: Path) -> int:
    from audit.gate.history import read_audits
    from retrieval.workspace import GATE_AUDITS, Workspace

    file = Workspace(folder).path(GATE_AUDITS)
    audits = read_audits(file)
    document = {"audits": [audit.model_dump(mode="json") for audit in audits], "file": str(file)}
    console.show(document, _listed(audits) if audits else "No audit yet.")
    return OK


def _listed(audits: "list[GateAudit]") -> "Table":
    from audit.gate.describe import bounds_line, change_line

    shown = table(f"{len(audits):,} audits", "time", "products", "accepted", "looked at", "agree")
    for name in ("right", "promise", "drift", "threshold"):
        shown.add_column(name, overflow="fold")
    for audit in audits:
        estimate = audit.estimate
        shown.add_row(
            audit.time,
            f"{audit.products:,}",
            f"{audit.accepted:,}",
            f"{estimate.rows + estimate.labelled:,}",
            "" if estimate.agreement is None else f"{estimate.agreement:.1%}",
            bounds_line(estimate),
            audit.promise,
            ", ".join(shift.what for shift in audit.drift.shifts if shift.alarm) or "none",
            change_line(audit),
        )
    return shown


def _show(console: Output, audit: "GateAudit", folder: Path) -> None:
    from audit.gate.describe import audit_lines
    from retrieval.workspace import GATE_AUDITS

    lines = audit_lines(audit)
    document = {
        **audit.model_dump(mode="json"),
        "alarm": audit.drift.alarm or audit.promise == "broken",
        "reasons": list(audit.drift.reasons),
        "lines": lines,
        "file": str(folder / GATE_AUDITS),
    }
    console.show(document, *map(plain, lines))
