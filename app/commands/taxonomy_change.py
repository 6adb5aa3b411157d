"""`dual-expert taxonomy diff | map | migrate | add`: trees that change, and trees of other shops."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK, finished
from app.options import Columns, OutputOptions, WorkspaceFolder, column_mapping
from app.output import Output, plain, table
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from taxonomy.crosswalk import Link

_SHOWN = 20

Tree = Annotated[Path, typer.Argument(metavar="TREE", help="A taxonomy file, a catalog or a workspace.")]
CrosswalkOut = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Where to write the crosswalk: CSV.")
]
CompareWith = Annotated[
    Path | None,
    typer.Option(
        "--encoder-of", metavar="WORKSPACE", help="Compare meanings with a workspace's encoder too."
    ),
]


def diff(
    old: Tree,
    new: Tree,
    out: CrosswalkOut,
    output: OutputOptions,
    old_catalog: Annotated[
        Path | None, typer.Option(metavar="CATALOG", help="Labelled by the old taxonomy.")
    ] = None,
    new_catalog: Annotated[
        Path | None, typer.Option(metavar="CATALOG", help="The same products, labelled by the new one.")
    ] = None,
    encoder_of: CompareWith = None,
    column: Columns = None,
) -> int:
    """What became of every category, as a crosswalk to look through, edit and migrate with."""
    from app.comparing_trees import ComparisonJob, compare

    if (old_catalog is None) != (new_catalog is None):
        raise SettingsError("Shared products need both catalogs.", fix="Give both, or neither.")
    job = ComparisonJob(old, new, old_catalog, new_catalog, column_mapping(column), encoder_of)
    return _written(Output(output), compare(job), out)


def map_taxonomy(
    source: Tree, target: Tree, out: CrosswalkOut, output: OutputOptions, encoder_of: CompareWith = None
) -> int:
    """The best category of another taxonomy for each of one's own leaves, as a crosswalk."""
    from app.comparing_trees import ComparisonJob, map_onto

    return _written(Output(output), map_onto(ComparisonJob(source, target, encoder_of=encoder_of)), out)


def migrate(
    crosswalk: Annotated[Path, typer.Option(metavar="FILE", help="CSV of `taxonomy diff`, looked through.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for all that is carried.")],
    output: OutputOptions,
    workspace: Annotated[Path | None, typer.Option(metavar="DIR", help="Workspace to carry over.")] = None,
    catalog: Annotated[Path | None, typer.Option(metavar="CATALOG", help="Labels to carry over.")] = None,
    corrections: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Corrections file to carry over.")
    ] = None,
    verdicts: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of a batch, to carry its verdicts over.")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An earlier `review.csv`, filled in.")
    ] = None,
    taxonomy: Annotated[
        Path | None, typer.Option(metavar="TREE", help="The new taxonomy, for names and descriptions.")
    ] = None,
    column: Columns = None,
) -> int:
    """Carry a workspace, labels, corrections and verdicts over a crosswalk; the old files stay."""
    from app.migrating import REVIEW, MigrationJob, migrate

    console = Output(output)
    job = MigrationJob(
        crosswalk, out, workspace, catalog, column_mapping(column), corrections, verdicts, decisions, taxonomy
    )
    done = migrate(job, console.progress)
    shown = table(f"Carried into {out}", "what", "figure", "count")
    for part, counts in done.parts.items():
        for name, count in counts.items():
            shown.add_row(part, name, f"{count:,}")
    review = f"{done.open:,} cases wait for a person in {out / REVIEW}." if done.open else "Nothing is open."
    console.show({"out": str(out), **asdict(done)}, shown, review)
    return finished(done.error_rows)


def add(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Of each new category, root first, by ' > '.")
    ],
    workspace: WorkspaceFolder,
    output: OutputOptions,
    category_id: Annotated[str, typer.Option("--id", help="Of the category, where it is one.")] = "",
    description: Annotated[str, typer.Option(help="What belongs there, where it is one.")] = "",
    name: Annotated[
        list[str] | None, typer.Option(metavar="LOCALE=NAME", help="Name in another language; repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new workspace; without it the old one is replaced.")
    ] = None,
) -> int:
    """Make new categories reachable at once, without training."""
    from app.adding import NewCategory, add_categories

    if len(paths) > 1 and (category_id or description or name):
        fix = "Add such a category alone."
        raise SettingsError("`--id`, `--description` and `--name` are of one category.", fix=fix)
    names = _names(name)
    given = [NewCategory(path, category_id, names, description) for path in paths]
    added = add_categories(workspace, given, out)
    lines = [
        f"{plain(one.category.category_path)}  [{one.category.category_id}]; nearest: "
        + ", ".join(f"{plain(path)} {cosine:.2f}" for path, cosine in one.nearest)
        for one in added
    ]
    document = [
        {"category": one.category.model_dump(), "nearest": [list(near) for near in one.nearest]}
        for one in added
    ]
    console = Output(output)
    console.show({"workspace": str(out or workspace), "added": document}, "\n".join(lines))
    return OK


def _names(given: Sequence[str] | None) -> dict[str, str]:
    names = {}
    for entry in given or ():
        locale, _, name = entry.partition("=")
        if not locale or not name:
            raise SettingsError(f"`--name` is {entry!r}.", fix="Write it as `--name de=Name`.")
        names[locale] = name
    return names


def _written(console: Output, links: "Sequence[Link]", out: Path) -> int:
    from taxonomy.crosswalk_file import write_crosswalk

    write_crosswalk(out, links)
    counts = Counter((one.relation, one.status) for one in links)
    shown = table(f"Written to {out}", "relation", "status", "links")
    for (relation, status), count in sorted(counts.items()):
        shown.add_row(relation, status, f"{count:,}")
    waiting = [one for one in links if one.status == "review"]
    lines = [f"{plain(one.old_path)} → {plain(one.new_path) or 'nothing'}: {one.relation}" for one in waiting]
    more = f"… {len(lines) - _SHOWN:,} more" if len(lines) > _SHOWN else ""
    document = [{"relation": r, "status": s, "links": n} for (r, s), n in sorted(counts.items())]
    console.show(
        {"out": str(out), "counts": document, "review": len(waiting)},
        shown,
        f"{len(waiting):,} links wait for a look." if waiting else "",
        "\n".join([*lines[:_SHOWN], *filter(None, [more])]),
    )
    return OK
