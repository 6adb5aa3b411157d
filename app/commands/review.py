"""`dual-expert review`: people decide what the experts could not."""

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.bundles import expanded
from app.exits import OK
from app.options import Columns, OutputOptions, column_mapping
from app.output import Output, plain, table
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from review.case import Entry
    from review.queue import ReviewQueue

Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the case.")]
Department = Annotated[str, typer.Option(help="Only cases whose proposal is in this department.")]


@dataclass(frozen=True)
class QueueOptions:
    """Which queue, and who decides; may stand before the subcommand too."""

    queue: Annotated[
        Path | None, typer.Option("--queue", metavar="FILE", help="SQLite file of the queue.")
    ] = None
    reviewer: Annotated[str | None, typer.Option(help="Who decides; else the name you are logged in by.")] = (
        None
    )

    def open(self, context: typer.Context, *, must_exist: bool = True) -> "ReviewQueue":
        """The queue.

        Raises:
            SettingsError: no queue is named.
            WorkspaceError: it cannot be used.
        """
        from review.queue import ReviewQueue

        path: Path | None = self.queue or _before(context, "queue")
        if path is None:
            raise SettingsError("`--queue` is missing.", fix="Name the file: `--queue review.sqlite`.")
        return ReviewQueue(path, must_exist=must_exist)

    def name(self, context: typer.Context) -> str:
        """Who decides."""
        return str(self.reviewer or _before(context, "reviewer") or getpass.getuser())


def group() -> typer.Typer:
    """The command and its subcommands."""
    app = typer.Typer(help="Decide what the experts could not: a queue, and the corrections it ends in.")
    app.callback(invoke_without_command=True)(expanded(review))
    app.command("list")(expanded(list_cases))
    app.command("next")(expanded(next_case))
    app.command("accept")(expanded(accept))
    app.command("correct")(expanded(correct))
    app.command("skip")(expanded(skip))
    app.command("export")(expanded(export))
    app.command("fill")(expanded(fill))
    return app


def review(
    context: typer.Context, queue: QueueOptions, output: OutputOptions, department: Department = ""
) -> int:
    """Without a subcommand: on a terminal one case after the other, else how many there are."""
    if context.invoked_subcommand:
        return OK
    console = Output(output)
    with queue.open(context) as opened:
        if sys.stdin.isatty() and not output.as_json:
            from app.review_loop import review_loop

            decided = review_loop(opened, queue.name(context), department, input, print)
            console.messages.print(f"{decided} decided.")
        else:
            counts = opened.counts()
            console.show({"counts": counts}, ", ".join(f"{n} {status}" for status, n in counts.items()))
    return OK


def list_cases(
    context: typer.Context,
    queue: QueueOptions,
    output: OutputOptions,
    status: Annotated[str, typer.Option(help="open, accepted, corrected, skipped or all.")] = "open",
    department: Department = "",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 50,
) -> int:
    """Cases of one status, in the order they came in."""
    from review.case import STATUSES, CaseStatus

    wanted: dict[str, CaseStatus | None] = {**{name: name for name in STATUSES}, "all": None}
    if status not in wanted:
        raise SettingsError(f"`--status` is {status!r}.", fix=f"Choose among {', '.join(wanted)}.")
    with queue.open(context) as opened:
        entries, counts = opened.entries(wanted[status], department, limit), opened.counts()
    shown = table(f"{sum(counts.values()):,} cases", "product", "case", "status", "proposal", "label")
    for entry in entries:
        chosen = entry.chosen_path or entry.case.proposed.category_path
        title = f"{entry.case.product.product_id} {entry.case.product.title}"
        shown.add_row(
            plain(title), str(entry.number), entry.status, plain(chosen), plain(entry.case.given_path)
        )
    Output(output).show({"counts": counts, "cases": [_document(entry) for entry in entries]}, shown)
    return OK


def next_case(
    context: typer.Context, queue: QueueOptions, output: OutputOptions, department: Department = ""
) -> int:
    """The first open case."""
    with queue.open(context) as opened:
        entry = opened.next_open(department)
    _show(Output(output), entry)
    return OK


def accept(context: typer.Context, number: Number, queue: QueueOptions, output: OutputOptions) -> int:
    """The proposal is right."""
    with queue.open(context) as opened:
        _show(Output(output), opened.accept(number, queue.name(context)))
    return OK


def correct(
    context: typer.Context,
    number: Number,
    category: Annotated[str, typer.Argument(metavar="PATH_OR_ID", help="The right category.")],
    queue: QueueOptions,
    output: OutputOptions,
) -> int:
    """Another category of the taxonomy is right."""
    with queue.open(context) as opened:
        _show(Output(output), opened.correct(number, category, queue.name(context)))
    return OK


def skip(context: typer.Context, number: Number, queue: QueueOptions, output: OutputOptions) -> int:
    """Nobody can tell."""
    with queue.open(context) as opened:
        _show(Output(output), opened.skip(number, queue.name(context)))
    return OK


def export(
    context: typer.Context,
    queue: QueueOptions,
    output: OutputOptions,
    corrections: Annotated[Path, typer.Option(metavar="FILE", help="CSV that `train --corrections` takes.")],
) -> int:
    """Write all decisions into a corrections file; what else stands in it is kept."""
    from review.corrections_file import merged, read_corrections, write_corrections
    from review.decisions import corrections_of

    with queue.open(context) as opened:
        decided = list(corrections_of(opened.entries()))
    standing = read_corrections(corrections) if corrections.is_file() else []
    together = merged(standing, decided)
    write_corrections(corrections, together)
    Output(output).show(
        {"decided": len(decided), "corrections": len(together), "file": str(corrections)},
        f"{len(decided):,} decisions, {len(together):,} corrections in {corrections}.",
    )
    return OK


def fill(
    context: typer.Context,
    queue: QueueOptions,
    output: OutputOptions,
    batch: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of a batch: its undecided rows.")
    ] = None,
    audit: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of a label audit: its suspicions.")
    ] = None,
    catalog: Annotated[
        Path | None, typer.Option(metavar="CATALOG", help="What the batch read, to show the products.")
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Of the batch, to know the whole taxonomy.")
    ] = None,
    column: Columns = None,
) -> int:
    """Put cases in; those that are there already stay as they are."""
    from app.reviewing import fill_from_audit, fill_from_batch
    from retrieval.workspace import Workspace

    if (batch is None) == (audit is None):
        raise SettingsError("`fill` takes cases from one place.", fix="Give either `--batch` or `--audit`.")
    with queue.open(context, must_exist=False) as opened:
        if batch is not None:
            taxonomy = Workspace(workspace).path("taxonomy.json") if workspace else None
            filled = fill_from_batch(
                opened, batch, catalog=catalog, columns=column_mapping(column), taxonomy=taxonomy
            )
        elif audit is not None:
            filled = fill_from_audit(opened, audit)
        counts = opened.counts()
    Output(output).show(
        {"cases": filled.cases, "added": filled.added, "counts": counts},
        f"{filled.cases:,} cases found, {filled.added:,} of them new; {counts.get('open', 0):,} are open.",
    )
    return OK


def _before(context: typer.Context, name: str) -> Any:
    """An option that was given before the subcommand."""
    return context.parent.params.get(name) if context.parent else None


def _document(entry: "Entry") -> dict[str, object]:
    return entry.model_dump(mode="json")


def _show(console: Output, entry: "Entry | None") -> None:
    from app.review_loop import case_text

    if entry is None:
        console.show({"case": None}, "No open case is left.")
        return
    decision = f"{entry.status} by {entry.reviewer}: {entry.chosen_path}" if entry.decided else ""
    console.show({"case": _document(entry)}, case_text(entry), plain(decision))
