"""`dual-expert cases`: sets of products with known categories, that prompts are compared on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.bundles import expanded
from app.exits import OK, finished
from app.options import (
    Catalog,
    Columns,
    ComputeOptions,
    OutputOptions,
    SplitFile,
    TopK,
    WorkspaceFolder,
    column_mapping,
)
from app.output import Output
from app.threads import use_threads

if TYPE_CHECKING:
    from experiments.cases import LabelledCase

OutFile = Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON lines, one case each.")]


def group() -> typer.Typer:
    """The command and its subcommands."""
    app = typer.Typer(help="Make the case sets that `prompts compare` runs on.")
    app.command("catalog")(expanded(catalog))
    app.command("review")(expanded(review))
    app.command("chat")(expanded(chat))
    return app


def catalog(
    source: Catalog,
    workspace: WorkspaceFolder,
    out: OutFile,
    compute: ComputeOptions,
    output: OutputOptions,
    split: SplitFile = None,
    part: Annotated[str, typer.Option(help="Part of the split file.")] = "validation",
    column: Columns = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also rows that the gate accepts, not only its uncertain share.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 0,
    k: TopK = None,
    allow_training_rows: Annotated[
        bool, typer.Option("--allow-training-rows", help="Even rows that the workspace was trained on.")
    ] = False,
) -> int:
    """Labelled rows that the gate holds back: what the general expert is asked about."""
    console = Output(output)
    settings = compute.settings(top_k=k)
    use_threads(settings.threads)
    from app.labelled import Part
    from app.making_cases import CatalogCases, from_catalog

    job = CatalogCases(
        catalog=source,
        part=Part.read(split, part),
        columns=column_mapping(column),
        everything=everything,
        limit=limit,
        seed=seed,
        training_rows=allow_training_rows,
        top_k=settings.top_k,
        device=settings.device,
        threads=settings.threads,
    )
    cases, errors = from_catalog(job, workspace, console.progress)
    _written(console, cases, out, errors)
    return finished(errors)


def review(
    queue: Annotated[Path, typer.Argument(metavar="QUEUE", help="SQLite file of `dual-expert review`.")],
    out: OutFile,
    output: OutputOptions,
) -> int:
    """What people have accepted and corrected in a review queue."""
    from app.making_cases import from_queue

    _written(Output(output), from_queue(queue), out, 0)
    return OK


def chat(
    export: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON lines of `product`, `truth` and `origin`.")
    ],
    out: OutFile,
    output: OutputOptions,
) -> int:
    """What was settled in a chat and written to a file."""
    from experiments.cases import labelled_case, read_cases

    cases = [labelled_case(case.product, case.truth, case.origin) for case in read_cases(export)]
    _written(Output(output), cases, out, 0)
    return OK


def _written(console: Output, cases: "list[LabelledCase]", out: Path, errors: int) -> None:
    from experiments.cases import cases_hash, write_cases

    count = write_cases(out, cases)
    console.show(
        {"cases": count, "errors": errors, "hash": cases_hash(cases), "file": str(out)},
        f"{count:,} cases in {out}.",
        f"{errors:,} rows could not be used." if errors else "",
    )
