"""`dual-expert split`: divide a labelled catalog, near-duplicates together, every category represented."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.exits import finished
from app.options import Catalog, Columns, OutputOptions, column_mapping
from app.output import Output, table


def split(
    catalog: Catalog,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it: .csv or .parquet.")],
    output: OutputOptions,
    folds: Annotated[
        int | None, typer.Option(min=2, help="So many folds instead of train, validation and test.")
    ] = None,
    validation: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share for validation.")] = 0.1,
    test: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share for the test.")] = 0.1,
    new_categories: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Share of categories left out whole, as part `new`.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed divides the same way.")] = 0,
    column: Columns = None,
) -> int:
    """Divide a labelled catalog into parts without leaks, for `--split` of the other commands."""
    from app.splitting import SplitJob, split_catalog

    console = Output(output)
    job = SplitJob(
        catalog=catalog,
        out=out,
        columns=column_mapping(column),
        folds=folds,
        validation=validation,
        test=test,
        new_categories=new_categories,
        seed=seed,
    )
    division = split_catalog(job, console.progress)
    shown = table(f"Written to {out}", "part", "products", "categories")
    for name, part in division.parts.items():
        shown.add_row(name, f"{part.products:,}", f"{part.categories:,}")
    console.show(
        {"out": str(out), **asdict(division)},
        shown,
        f"{division.errors:,} rows could not be used and are in no part." if division.errors else "",
    )
    return finished(division.errors)
