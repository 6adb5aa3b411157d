"""`dual-expert prompts suggest`: a chat model proposes edits; they are measured, and kept if they win."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.exits import OK, STOPPED
from app.options import ModelOptions, OutputOptions, PriceOptions, TopK, WorkspaceFolder
from app.output import Output, plain
from app.threads import use_threads
from catalog.errors import SettingsError

if TYPE_CHECKING:
    from app.suggesting import Suggested
    from experiments.suggesting import Attempt


def suggest(
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="To start from: a prompt, its file or a strategy.")
    ],
    workspace: WorkspaceFolder,
    cases: Annotated[Path, typer.Option(metavar="FILE", help="Case set; half is read, half is measured on.")],
    models: ModelOptions,
    prices: PriceOptions,
    output: OutputOptions,
    rounds: Annotated[int, typer.Option(min=1, help="Most proposals.")] = 3,
    suggester: Annotated[
        str | None, typer.Option(metavar="LLM", help="Model that proposes; else the one that is prompted.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0.0, help="Stop when it has cost so many USD.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Answers that were paid, of all comparisons.")
    ] = None,
    k: TopK = None,
) -> int:
    """Have a chat model read failing cases and propose new versions. A version is kept in `--prompts DIR`
    only if it beats the best so far on cases that the model has not read."""
    console = Output(output)
    if models.prompts is None:
        raise SettingsError("New versions have no place to go.", fix="Name a folder: `--prompts DIR`.")
    settings = models.settings(top_k=k)
    use_threads(settings.threads)
    from app.stopping import stop_event
    from app.suggesting import SuggestJob, suggest_versions

    job = SuggestJob(
        prompt=prompt,
        workspace=workspace,
        cases=cases,
        overlay=models.prompts,
        rounds=rounds,
        suggester=settings.model_copy(update={"llm": suggester}) if suggester else settings,
        max_cost=max_cost,
        prices=prices.prices,
        answers=answers,
    )
    with stop_event() as stop:
        found = suggest_versions(job, settings, console.progress, stop.is_set)
    console.show(found.model_dump(mode="json"), *_lines(found))
    return OK if found.complete else STOPPED


def _lines(found: "Suggested") -> Iterator[str]:
    for number, attempt in enumerate(found.attempts, 1):
        yield f"{number}. {plain(attempt.note) or 'no proposal'}: {_end(attempt)}"
    yield f"Best: {found.best}" + (", the one to start from." if found.best == found.start else ".")
    yield f"Measured on {found.validation:,} cases that the proposing model has not read."
    if found.best != found.start:
        yield "Hold it against the start on fresh cases before you promote it: `dual-expert prompts compare`."
    if not found.complete:
        yield "Stopped; answers are kept, so that the same again pays only for what is new."


def _end(attempt: "Attempt") -> str:
    from experiments.checks import difference_text

    if attempt.result is None:
        return f"not measured, {plain(attempt.problem) or 'stopped'}"
    return f"{'kept' if attempt.kept else 'dropped'}, {difference_text(attempt.result)}"
