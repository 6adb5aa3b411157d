"""`dual-expert gate`: show the gate, or choose its threshold anew."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.bundles import expanded
from app.commands.gate_audit import gate_audit
from app.exits import OK
from app.options import OutputOptions
from app.output import Output, plain, table
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from app.calibrated import CalibrationReport
    from retrieval.gate import Gate

_PROMISE = "By promise"
_PRICE = "By price or budget"
_GROUPS_SHOWN = 30


class Per(StrEnum):
    """What has a promise of its own."""

    locale = "locale"
    department = "department"
    all = "all"


def group() -> typer.Typer:
    """The command and its subcommand."""
    app = typer.Typer(help="Show the gate, choose its threshold anew, or audit what it accepts.")
    app.callback(invoke_without_command=True)(expanded(gate))
    app.command("audit")(expanded(gate_audit))
    return app


def gate(
    context: typer.Context,
    output: OutputOptions,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", metavar="DIR", help="Folder of the workspace.")
    ] = None,
    target_accuracy: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            rich_help_panel=_PROMISE,
            help="Share of right answers to promise among accepted products.",
        ),
    ] = None,
    confidence: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, rich_help_panel=_PROMISE, help="One-sided confidence of that promise."
        ),
    ] = None,
    certified: Annotated[
        bool | None,
        typer.Option(
            "--certified/--no-certified",
            rich_help_panel=_PROMISE,
            help="Valid over all thresholds tried and all groups at once (Learn then Test).",
        ),
    ] = None,
    per: Annotated[
        Per | None,
        typer.Option(rich_help_panel=_PROMISE, help="A promise and a threshold for each of these."),
    ] = None,
    llm_cost: Annotated[
        float | None,
        typer.Option(
            min=0.0, rich_help_panel=_PRICE, help="Of deliberating a product; with `--mistake-cost`."
        ),
    ] = None,
    mistake_cost: Annotated[
        float | None,
        typer.Option(min=0.0, rich_help_panel=_PRICE, help="Of one wrong category, in the same currency."),
    ] = None,
    llm_share: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, rich_help_panel=_PRICE, help="Deliberate at most this share of products."
        ),
    ] = None,
    review_below: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Less sure verdicts go to review.")
    ] = None,
    accept_inner: Annotated[
        bool | None,
        typer.Option(
            "--accept-inner/--no-accept-inner",
            help="Put a product that would go to review into an inner node that is certified.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the gate into this `.html` or `.png` file.")
    ] = None,
) -> int:
    """Show the gate; with an option, choose its threshold anew on the validation rows."""
    if context.invoked_subcommand:
        return OK
    if workspace is None:
        raise SettingsError("`--workspace` is missing.", fix="Name the folder of the workspace.")
    from app.calibrated import calibration_report
    from app.gating import GateRequest, mended_share, set_gate
    from app.validation import confidences_of, read_validation, right_of
    from retrieval.workspace import GATE, Workspace

    request = GateRequest(
        target_accuracy=target_accuracy,
        confidence=confidence,
        certified=certified,
        per=None if per is None else per.value,
        llm_cost=llm_cost,
        mistake_cost=mistake_cost,
        llm_share=llm_share,
        review_below=review_below,
        accept_inner=accept_inner,
    )
    opened = Workspace(workspace)
    standing = opened.gate() if request == GateRequest() else set_gate(opened, request)
    rows = read_validation(opened)
    if plot is not None:
        from app.gate_pictures import write_gate_pictures
        from app.gate_plots import GateView

        view = GateView(standing, confidences_of(rows), right_of(rows), mended_share(opened))
        write_gate_pictures(view, plot)
    calibration = calibration_report(rows) if rows else None
    _show(Output(output), standing, calibration, str(opened.path(GATE)), plot)
    return OK


def _show(
    out: Output, gate: "Gate", calibration: "CalibrationReport | None", file: str, plot: Path | None
) -> None:
    from training.gate.describe import gate_line, inner_line

    out.show(
        {
            **gate.model_dump(mode="json"),
            "gate_line": gate_line(gate),
            "calibration": None if calibration is None else calibration.model_dump(mode="json"),
            "file": file,
            "plot": None if plot is None else str(plot),
        },
        gate_line(gate),
        _groups(gate) if gate.per else "",
        _calibration_line(calibration),
        f"Verdicts less sure than {gate.review_below:.3f} go to review.",
        inner_line(gate),
        "" if plot is None else f"Pictures: {plot}",
    )


def _calibration_line(calibration: "CalibrationReport | None") -> str:
    if calibration is None:
        return "No labelled row tells whether confidences mean what they say."
    overall = calibration.overall
    return f"Confidences are off by {overall.ece:.3f} on average (ECE, {overall.rows:,} held-out rows)."


def _groups(gate: "Gate") -> Table:
    title = f"By {gate.per}"
    if len(gate.groups) > _GROUPS_SHOWN:
        title += f" (the {_GROUPS_SHOWN} largest of {len(gate.groups)})"
    made = table(title, str(gate.per), "rows", "from", "accepted", "right", "at least", "rows missing")
    for name, part in list(gate.groups.items())[:_GROUPS_SHOWN]:
        missing = "" if part.rows_needed is None else f"{part.rows_needed:,}"
        if part.threshold is None:
            made.add_row(plain(name) or "none", f"{part.rows:,}", "shut", "", "", "", missing or "no number")
            continue
        shares = [_percent(share) for share in (part.coverage, part.accuracy, part.lower_bound)]
        made.add_row(plain(name) or "none", f"{part.rows:,}", f"{part.threshold:.3f}", *shares, missing)
    return made


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
