"""`dual-expert audit`: which labels of a catalog are probably wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import finished
from app.options import Catalog, Columns, ModelOptions, OutputOptions, SplitFile, column_mapping
from app.output import Output, plain, table
from app.threads import idle_cores, use_threads

if TYPE_CHECKING:
    from rich.table import Table

    from app.auditing import Audited
    from audit.suspicion import Audit

_SHOWN = 20
_DEPARTMENTS = 5


def audit(
    catalog: Catalog,
    models: ModelOptions,
    output: OutputOptions,
    workspace: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Ask its dual expert too, about rows it was not trained on."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for page, CSV, JSON and proposed corrections."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="At most this many suspicions.")] = 200,
    split: SplitFile = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Part of the split file, repeatable; `train` and `validation` if none is given."),
    ] = None,
    column: Columns = None,
) -> int:
    """Rank labels by how probably they are wrong, each with a proposal and the reasons; changes nothing."""
    console = Output(output)
    settings = models.settings()
    use_threads(settings.threads)
    from app.auditing import AuditJob, run_audit
    from app.opening import open_all

    job = AuditJob(
        catalog=catalog,
        columns=column_mapping(column),
        out=out,
        split=split,
        parts=part or ("train", "validation"),
        top=top,
        threads=settings.threads or idle_cores(),
    )
    opened = open_all(workspace, settings, models.prompts, console.progress) if workspace else None
    audited = run_audit(job, opened, settings.llm_concurrency, console.progress)
    _show(console, audited)
    return finished(len(audited.audit.errors))


def _show(console: Output, audited: "Audited") -> None:
    found = audited.audit
    document = found.model_dump(mode="json", exclude={"categories"})
    files = f"Page, CSV, JSON and proposed corrections: {audited.page.parent}" if audited.page else ""
    errors = f"{len(found.errors):,} rows could not be read." if found.errors else ""
    console.show(
        {**document, "page": str(audited.page) if audited.page else None},
        _suspicions(found),
        f"The first {_SHOWN} are shown." if len(found.suspicions) > _SHOWN else "",
        _figures(found),
        errors,
        files,
    )


def _suspicions(found: "Audit") -> "Table":
    shown = table(f"{len(found.suspicions):,} suspicious labels", "product", "row", "wrong")
    shown.show_lines = True
    for name in ("label", "rather", "why"):
        shown.add_column(name, overflow="fold")
    for one in found.suspicions[:_SHOWN]:
        shown.add_row(
            f"{plain(one.product.product_id)}\n{plain(one.product.title)}",
            str(one.row),
            f"{one.probability:.0%}",
            plain(one.given_path),
            plain(one.proposed_path),
            "\n".join(plain(sentence) for sentence in one.why),
        )
    return shown


def _figures(found: "Audit") -> str:
    worst = ", ".join(f"{d.department} {d.estimated:.0f}" for d in found.departments[:_DEPARTMENTS])
    return (
        f"About {found.estimated:,.0f} of {found.labels:,} labels are wrong "
        f"({found.noise_rate:.1%}; {found.noise_shares['sibling']:.0%} of them went to a sibling); "
        f"most in {plain(worst)}. "
        f"Confident learning alone names {found.confident_issues:,}."
    )
