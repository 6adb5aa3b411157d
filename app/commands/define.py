"""`dual-expert define`: have the summarizer write the definitions of categories."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.exits import finished
from app.options import ModelOptions, OutputOptions, WorkspaceFolder
from app.output import Output, plain
from app.threads import use_threads

if TYPE_CHECKING:
    from app.defining import Defined


def define(
    workspace: WorkspaceFolder,
    models: ModelOptions,
    output: OutputOptions,
    category: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Only this category, by path or id; repeatable."),
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Write again what already stands.")] = False,
) -> int:
    """Write what belongs in each category, from its labelled products; `--llm none` needs no model."""
    out = Output(output)
    settings = models.settings()
    use_threads(settings.threads)
    from app.defining import define_categories

    with out.resumable():
        defined = define_categories(
            workspace, settings, models.prompts, category or (), refresh=refresh, progress=out.progress
        )
    single = len(category or ()) == 1
    out.show(_document(defined), _summary(defined), *(_text(defined) if single else ()))
    return finished(defined.unanswered)


def _document(defined: "Defined") -> dict[str, Any]:
    return {
        "written": defined.written,
        "kept": defined.kept,
        "extractive": defined.extractive,
        "unanswered": defined.unanswered,
        "file": str(defined.file),
        "definitions": [d.model_dump(mode="json") for d in defined.definitions],
    }


def _summary(defined: "Defined") -> str:
    unanswered = f", {defined.unanswered:,} without an answer" if defined.unanswered else ""
    return (
        f"{len(defined.definitions):,} definitions: {defined.written:,} written, {defined.kept:,} kept"
        f"{unanswered}; {defined.extractive:,} of them extractive. They lie in {defined.file}."
    )


def _text(defined: "Defined") -> Iterator[str]:
    """The one definition that was asked for, with its evidence."""
    (definition,), (evidence,) = defined.definitions, defined.evidence
    yield f"\n{definition.category_path}"
    yield plain(definition.text)
    if definition.failed_checks:
        yield f"The model's text was refused: {', '.join(definition.failed_checks)}."
    yield f"Terms: {', '.join(evidence.terms)}"
    yield "Written from:"
    yield from (f"  {plain(title)}" for title in evidence.examples)
    yield "Told apart from:"
    yield from (f"  {path}" for path in evidence.siblings)
