"""Replies on a terminal, each kind in its own way."""

from collections.abc import Iterator
from functools import singledispatch

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from agents.case import Definition, Record
from app.chat.records import Answer, Comparison, Contest, Decision, DefinitionEdit, Outcome, SavedCase
from app.chat.rendering.comparisons import comparison_parts, contest_parts, edit_parts
from app.chat.rendering.outcomes import decision, outcome_parts
from app.chat.rendering.texts import listing, path, safe
from app.chat.replies import Detail, Exported, Help, History, Notice, Opened, Problem, Threads, Undone


@singledispatch
def parts(body: Record) -> Iterator[RenderableType]:
    """What to print, part by part."""
    raise TypeError(f"there is no rendering of {type(body).__name__}")


@parts.register
def _(body: Outcome) -> Iterator[RenderableType]:
    yield from outcome_parts(body)


@parts.register
def _(body: Detail) -> Iterator[RenderableType]:
    yield from outcome_parts(body.outcome, everything=True)


@parts.register
def _(body: Undone) -> Iterator[RenderableType]:
    yield Text.assemble(f"Back to outcome {body.outcome.number}: ", decision(body.outcome))


@parts.register
def _(body: Comparison) -> Iterator[RenderableType]:
    yield from comparison_parts(body)


@parts.register
def _(body: Contest) -> Iterator[RenderableType]:
    yield from contest_parts(body)


@parts.register
def _(body: Definition) -> Iterator[RenderableType]:
    yield Text.assemble(path(body.category_path), (f"  version {body.version}, {body.status}", "dim"))
    yield safe(body.text)


@parts.register
def _(body: DefinitionEdit) -> Iterator[RenderableType]:
    yield from edit_parts(body)


@parts.register
def _(body: Answer) -> Iterator[RenderableType]:
    yield safe(body.answer) if body.held else safe(body.answer, "yellow")
    for quote in body.quotes:
        yield safe(f"  “{quote}”", "dim")


@parts.register
def _(body: Decision) -> Iterator[RenderableType]:
    yield Text.assemble((f"{body.status}  ", "bold green"), path(body.category_path))
    yield safe(f"case {body.case} of {body.queue}", "dim")


@parts.register
def _(body: SavedCase) -> Iterator[RenderableType]:
    yield Text.assemble(("saved  ", "bold green"), path(body.case.truth[0]))
    yield safe(f"in {body.file}", "dim")


@parts.register
def _(body: History) -> Iterator[RenderableType]:
    if not body.turns:
        yield Text("Nothing was said yet.", style="dim")
        return
    made = listing(f"Thread {body.thread}", "#", "you", "reply", "outcome", figures=("#", "outcome"))
    for turn in body.turns:
        mark = "" if turn.outcome is None else str(turn.outcome)
        made.add_row(str(turn.number), safe(turn.said), safe(turn.summary, _style(turn.kind)), mark)
    yield made


@parts.register
def _(body: Threads) -> Iterator[RenderableType]:
    if not body.threads:
        yield Text("There are no threads yet.", style="dim")
        return
    made = listing("Threads", "id", "turns", "last used", "first product", figures=("turns",))
    for thread in body.threads:
        here = "bold" if thread.thread_id == body.current else ""
        used = thread.updated[:16].replace("T", " ")
        made.add_row(Text(thread.thread_id, style=here), str(thread.turns), used, safe(thread.title))
    yield made


@parts.register
def _(body: Exported) -> Iterator[RenderableType]:
    yield safe(f"Written to {body.file}") if body.file else Text(_printable(body.text))


@parts.register
def _(body: Opened) -> Iterator[RenderableType]:
    if body.outcome is None:
        yield Text(f"A new thread, {body.thread.thread_id}.", style="dim")
        return
    yield Text(f"Thread {body.thread.thread_id}, {body.thread.turns} turns. It stands at:", style="dim")
    yield safe(body.outcome.product.title)
    yield decision(body.outcome)
    if body.stale:
        yield Text("The workspace has changed since: what-ifs start over.", style="yellow")


@parts.register
def _(body: Notice) -> Iterator[RenderableType]:
    if body.text:
        yield safe(body.text)


@parts.register
def _(body: Help) -> Iterator[RenderableType]:
    made = Table.grid(padding=(0, 2))
    for form, text in body.commands:
        made.add_row(Text(form, style="bold"), safe(text))
    yield Text("Paste a product, or say one of these; `why not X?` and `what if …` work too.", style="dim")
    yield made


@parts.register
def _(body: Problem) -> Iterator[RenderableType]:
    yield safe(body.message, "red")
    if body.fix:
        yield safe(body.fix)


def _style(kind: str) -> str:
    return "red" if kind == "error" else ""


def _printable(text: str) -> str:
    """Of a text with lines: nothing that could steer a terminal."""
    return "".join(c for c in text if c == "\n" or c.isprintable())
