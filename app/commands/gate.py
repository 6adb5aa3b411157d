"""`dual-expert gate`: show the gate, or choose its threshold anew."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK
from app.options import OutputOptions, WorkspaceFolder
from app.output import Output

if TYPE_CHECKING:
    from retrieval.gate import Gate


def gate(
    workspace: WorkspaceFolder,
    output: OutputOptions,
    target_accuracy: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Share of right answers to promise among accepted products."),
    ] = None,
    confidence: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="One-sided confidence of that promise.")
    ] = None,
    review_below: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Less sure verdicts go to review.")
    ] = None,
) -> int:
    """Show the gate; with an option, choose its threshold anew on the validation rows."""
    from app.gating import set_gate
    from retrieval.workspace import GATE, Workspace

    opened = Workspace(workspace)
    changes = {"target_accuracy": target_accuracy, "confidence": confidence, "review_below": review_below}
    given = {name: value for name, value in changes.items() if value is not None}
    standing = set_gate(opened, **given) if given else opened.gate()
    _show(Output(output), standing, str(opened.path(GATE)))
    return OK


def _show(out: Output, gate: "Gate", file: str) -> None:
    from training.card import gate_line

    out.show(
        {**gate.model_dump(mode="json"), "gate_line": gate_line(gate), "file": file},
        gate_line(gate),
        f"Verdicts less sure than {gate.review_below:.3f} go to review.",
    )
