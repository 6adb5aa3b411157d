"""`dual-expert demo`: the whole story on the shipped catalog."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.exits import finished
from app.options import ModelOptions, OutputOptions
from app.output import Output, plain
from app.threads import use_threads

if TYPE_CHECKING:
    from app.demo import Demo


def demo(
    models: ModelOptions,
    output: OutputOptions,
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where everything goes; a second run reuses it.")
    ] = Path("runs/demo"),
) -> int:
    """Train, define, tune, categorize and report on the shipped catalog; needs no key and no network."""
    out = Output(output)
    settings = models.settings()
    use_threads(settings.threads)
    from app.demo import run_demo

    with out.resumable():
        done = run_demo(folder, settings, out.progress)
    out.show(_document(done), *_story(done))
    return finished(done.batch.errors)


def _document(done: "Demo") -> dict[str, Any]:
    return {
        "workspace": str(done.training.workspace),
        "definitions": done.defined.place,
        "batch": str(done.batch_folder),
        "report": str(done.report),
        "statuses": dict(done.batch.statuses),
        "deliberated": done.deliberated.model_dump(mode="json") if done.deliberated else None,
    }


def _story(done: "Demo") -> Iterator[str]:
    from training.gate.describe import gate_line

    yield f"\n1. Domain expert ({done.training.note})"
    yield f"   {gate_line(done.training.gate)}"
    yield "\n2. Summarizer"
    yield f"   {len(done.defined.definitions)} definitions, {done.defined.extractive} of them extractive."
    yield "\n3. General expert"
    yield f"   {_tuned(done)}"
    yield "\n4. Batch"
    yield "   " + ", ".join(f"{name} {count}" for name, count in done.batch.statuses.items())
    if done.deliberated and done.deliberated.reasoning:
        yield "\n5. One deliberated product"
        yield from _deliberated(done)
    yield "\nWhere things lie"
    yield f"   workspace    {done.training.workspace} (start with model_card.md)"
    yield f"   definitions  {done.defined.place}"
    yield f"   verdicts     {done.batch_folder}"
    yield f"   report       {done.report}"
    yield "\nThe shipped catalog is for this demo and the tests: no figure on it is a result."


def _tuned(done: "Demo") -> str:
    record = done.tuning.record
    if record.kept_domain:
        return f"On {record.rows} uncertain validation rows its ranking did not help, so it only explains."
    weights = ", ".join(
        f"{n} {w:.2f}" for n, w in zip(record.choice.names, record.choice.weights, strict=True)
    )
    return f"Its ranking counts, as fitted on {record.rows} uncertain validation rows: {weights}."


def _deliberated(done: "Demo") -> Iterator[str]:
    verdict = done.deliberated
    if verdict is None or verdict.reasoning is None:
        return
    yield f"   {plain(done.deliberated_title)}"
    yield f"   -> {verdict.category_path} ({verdict.status}, confidence {verdict.confidence:.2f})"
    for candidate in verdict.candidates[:3]:
        yield f"      {candidate.score:.2f}  {candidate.category_path}  ({candidate.source})"
    reasoning = verdict.reasoning
    yield f"   clues     {', '.join(plain(c) for c in reasoning.clues) or 'none quoted'}"
    yield f"   user      {plain(reasoning.user) or '-'}"
    yield f"   use case  {plain(reasoning.use_case) or '-'}"
    yield f"   reason    {plain(reasoning.reason)}"
