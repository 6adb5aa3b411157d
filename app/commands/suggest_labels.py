"""`dual-expert suggest-labels`: the products whose labels would teach a workspace most."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from app.exits import finished
from app.options import Catalog, Columns, ComputeOptions, OutputOptions, WorkspaceFolder, column_mapping
from app.output import Output
from app.threads import use_threads


def suggest_labels(
    catalog: Catalog,
    workspace: WorkspaceFolder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV file to fill in.")],
    compute: ComputeOptions,
    output: OutputOptions,
    count: Annotated[int, typer.Option("--count", min=1, metavar="N", help="Products to name.")] = 100,
    column: Columns = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the clustering.")] = 0,
) -> int:
    """Name the products worth labelling next: of categories without labels, typical, or in doubt."""
    console = Output(output)
    settings = compute.settings()
    use_threads(settings.threads)
    from app.suggesting_labels import suggest, write_suggestions

    found = suggest(
        workspace,
        catalog,
        count,
        columns=column_mapping(column),
        seed=seed,
        device=settings.device,
        threads=settings.threads,
        progress=console.progress,
    )
    write_suggestions(out, found.chosen)
    reasons = dict(Counter(one.why for one in found.chosen))
    console.show(
        {
            "file": str(out),
            "suggested": len(found.chosen),
            "pool": found.pool,
            "why": reasons,
            "error_rows": found.errors,
        },
        f"{len(found.chosen):,} of {found.pool:,} products without a label, in {out}: "
        + ", ".join(f"{n:,} {why}" for why, n in reasons.items()),
        "Fill in `category_path`, then train with the file and `--taxonomy`.",
        f"{found.errors:,} rows could not be read." if found.errors else "",
    )
    return finished(found.errors)
