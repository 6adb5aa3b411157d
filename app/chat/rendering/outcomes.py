"""An outcome on a terminal: the decision first, then what it rests on."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from app.chat.records import GateView, Outcome
from app.chat.rendering.texts import bar, grid, listing, marked, milliseconds, money, path, safe, status

_NEIGHBOURS = 5
_DEFINITIONS = 3
_BODY_CHARS = 400


def outcome_parts(outcome: Outcome, *, everything: bool = False) -> Iterator[RenderableType]:
    """All of an outcome.

    Args:
        everything: all neighbours and checkpoints, where else the nearest few are shown.
    """
    yield decision(outcome)
    yield grid(_facts(outcome))
    for section in _sections(outcome, everything=everything):
        yield Text()
        yield section
    yield Text()
    yield from _where(outcome, everything=everything)


def _sections(outcome: Outcome, *, everything: bool) -> Iterator[RenderableType]:
    yield candidates(outcome)
    if outcome.verdict.reasoning:
        yield Group(Text("Reasoning", style="bold"), grid(_reasoning(outcome)))
    if outcome.neighbours:
        yield _neighbours(outcome, None if everything else _NEIGHBOURS)
    if outcome.definitions:
        yield _definitions(outcome, None if everything else _DEFINITIONS)
    yield _steps(outcome)


def decision(outcome: Outcome) -> Text:
    """Status, category and confidence in a line."""
    verdict = outcome.verdict
    confidence = (f"  {verdict.confidence:.3f}", "bold")
    return Text.assemble(status(verdict.status), "  ", path(verdict.category_path), confidence)


def gate_line(gate: GateView) -> Text:
    """What the gate asked, and what came of it."""
    group = f" for {gate.group}" if gate.group else ""
    if gate.threshold is None:
        return safe(f"shut{group}: nothing is accepted unseen. {gate.promise}")
    sign, verb = ("≥", "accepted") if gate.accepted else ("<", "held back")
    return safe(f"{gate.confidence:.3f} {sign} {gate.threshold:.3f}{group}: {verb}. {gate.promise}")


def candidates(outcome: Outcome) -> RenderableType:
    """The candidates with their scores as bars."""
    made = listing("Candidates", "#", "", "score", "category", "found by", figures=("#", "score"))
    for place, candidate in enumerate(outcome.verdict.candidates, start=1):
        made.add_row(
            str(place),
            bar(candidate.score),
            f"{candidate.score:.3f}",
            path(candidate.category_path),
            safe(candidate.source.replace("+", " + "), "dim"),
        )
    return made


def _facts(outcome: Outcome) -> Iterator[tuple[str, Text]]:
    product, verdict = outcome.product, outcome.verdict
    clues = verdict.reasoning.clues if verdict.reasoning else ()
    yield "product", marked(product.title, clues)
    for name, text in (("brand", product.brand), ("locale", product.locale), ("text", product.body)):
        if text.strip():
            yield name, marked(text[:_BODY_CHARS], clues)
    if product.category_paths:
        yield "label", safe(" | ".join(product.category_paths))
    yield "gate", gate_line(outcome.gate)
    if outcome.change:
        yield "what if", safe(f"{outcome.change} (from outcome {outcome.parent})")
    if verdict.flags:
        yield "flags", safe(", ".join(verdict.flags).replace("_", " "), "yellow")
    if verdict.error:
        yield (
            "failed",
            safe(f"The general expert failed, the domain expert's answer stands: {verdict.error}", "red"),
        )


def _reasoning(outcome: Outcome) -> Iterator[tuple[str, Text]]:
    verdict = outcome.verdict
    if verdict.reasoning is None:
        return
    yield "by", safe(", ".join(filter(None, (verdict.model, verdict.prompt))))
    yield "reason", marked(verdict.reasoning.reason, verdict.reasoning.clues)
    for name, text in (("user", verdict.reasoning.user), ("use case", verdict.reasoning.use_case)):
        if text:
            yield name, safe(text)
    if verdict.reasoning.clues:
        yield "clues", marked(" · ".join(verdict.reasoning.clues), verdict.reasoning.clues)


def _neighbours(outcome: Outcome, most: int | None) -> RenderableType:
    shown = outcome.neighbours[:most]
    title = "Nearest training products" + _cut(len(shown), len(outcome.neighbours))
    made = listing(title, "cosine", "product", "its category", figures=("cosine",))
    for neighbour in shown:
        same = neighbour.category_path == outcome.verdict.category_path
        made.add_row(
            f"{neighbour.similarity:.2f}",
            safe(neighbour.title),
            safe("the same", "green") if same else path(neighbour.category_path),
        )
    return made


def _cut(shown: int, all_of_them: int) -> str:
    return f" ({shown} of {all_of_them}, see /trace)" if shown < all_of_them else ""


def _definitions(outcome: Outcome, most: int | None) -> RenderableType:
    """Of the best candidates first."""
    by_id = {d.category_id: d for d in outcome.definitions}
    ranked = [by_id[c.category_id] for c in outcome.verdict.candidates if c.category_id in by_id]
    title = "Definitions used" + _cut(len(ranked[:most]), len(ranked))
    made = listing(title, "category", "version", "text", figures=("version",))
    for definition in ranked[:most]:
        made.add_row(path(definition.category_path), str(definition.version), safe(definition.text))
    return made


def _steps(outcome: Outcome) -> RenderableType:
    made = listing(
        "Nodes", "node", "time", "tokens in", "out", "cost", figures=("time", "tokens in", "out", "cost")
    )
    for step in outcome.steps:
        asked = step.node == "rank"
        figures = (f"{step.tokens_in:,}", f"{step.tokens_out:,}", money(step.cost)) if asked else ("", "", "")
        made.add_row(step.node, milliseconds(step.ms), *figures)
    return made


def _where(outcome: Outcome, *, everything: bool) -> Iterator[Text]:
    yield Text(f"outcome {outcome.number} · trace {outcome.trace_id}", style="dim")
    if everything:
        trace = outcome.trace
        yield Text(f"checkpoints: input {trace.input}, after recommend {trace.recommended}", style="dim")
