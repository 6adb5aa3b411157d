"""Two outcomes side by side, and two categories."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from app.chat.records import Comparison, Contest, DefinitionEdit, Outcome
from app.chat.rendering.outcomes import decision
from app.chat.rendering.texts import grid, listing, milliseconds, money, path, safe, status

_SHOWN = 5
_STAGES = {
    "won": ("is the answer", "green"),
    "recall": ("lost at recall", "yellow"),
    "score": ("lost by its score", "yellow"),
    "rank": ("lost by the general expert's ranking", "yellow"),
}


def comparison_parts(comparison: Comparison, title: str = "") -> Iterator[RenderableType]:
    """What held and what holds.

    Args:
        title: empty takes the change of a what-if.
    """
    before, after = comparison.before, comparison.after
    made = listing("", "", f"outcome {before.number}", f"outcome {after.number}")
    for name, left, right in _rows(before, after):
        made.add_row(Text(name, style="dim"), left, right)
    yield safe(title or f"What if {after.change}", "bold")
    yield made
    kept = f"; taken over: {', '.join(comparison.kept)}" if comparison.kept else ""
    yield Text(f"ran again: {', '.join(comparison.ran)}{kept}. `/undo` goes back.", style="dim")


def contest_parts(contest: Contest) -> Iterator[RenderableType]:
    """Why a category is not the answer, stage by stage."""
    words, style = _STAGES[contest.stage]
    yield Text.assemble(path(contest.asked.category_path), (f"  {words}", style))
    yield safe(contest.reason)
    figures = ("asked", "score", "answer", "its score")
    made = listing("", "place and score", *figures, "", figures=figures)
    for opinion in contest.opinions:
        recalled = safe("recalled", "green") if opinion.recalled else safe("not recalled", "dim")
        made.add_row(
            safe(opinion.source),
            _place(opinion.rank),
            _score(opinion.score),
            _place(opinion.winner_rank),
            _score(opinion.winner_score),
            recalled,
        )
    asked, winner = contest.asked, contest.winner
    fused = (str(asked.place), f"{asked.score:.3f}", str(winner.place), f"{winner.score:.3f}")
    made.add_row(Text("all together", style="bold"), *fused, safe("probability", "dim"))
    if contest.outcome is not None:
        made.add_row(Text("both experts", style="bold"), *_ranked(contest, contest.outcome), "")
    yield made
    yield from _texts(contest)


def edit_parts(edit: DefinitionEdit) -> Iterator[RenderableType]:
    """A definition before and after."""
    yield Text.assemble(path(edit.after.category_path), (f"  version {edit.after.version}", "dim"))
    rows = [("before", safe(edit.before.text, "dim"))] if edit.before else []
    yield grid([*rows, ("now", safe(edit.after.text))])
    if edit.after.failed_checks:
        yield safe(f"It stands, but fails: {', '.join(edit.after.failed_checks)}", "yellow")
    if edit.comparison:
        yield Text()
        yield from comparison_parts(edit.comparison, "The product, deliberated again")


def _rows(before: Outcome, after: Outcome) -> Iterator[tuple[str, Text, Text]]:
    if before.product.title != after.product.title:
        yield "product", safe(before.product.title), safe(after.product.title)
    yield "status", status(before.verdict.status), status(after.verdict.status)
    yield "answer", path(before.verdict.category_path), path(after.verdict.category_path)
    yield "confidence", _confidence(before), _confidence(after)
    yield "gate", _gate(before), _gate(after)
    for place in range(_SHOWN):
        left, right = _candidate(before, place), _candidate(after, place)
        if left.plain or right.plain:
            yield f"{place + 1}", left, right
    if before.verdict.model or after.verdict.model:
        yield "asked", _asked(before), _asked(after)
        yield "tokens", _tokens(before), _tokens(after)
    yield "time", _time(before), _time(after)


def _candidate(outcome: Outcome, place: int) -> Text:
    if place >= len(outcome.verdict.candidates):
        return Text()
    candidate = outcome.verdict.candidates[place]
    return Text.assemble(f"{candidate.score:.3f}  ", path(candidate.category_path))


def _confidence(outcome: Outcome) -> Text:
    return Text(f"{outcome.verdict.confidence:.3f}", style="bold")


def _gate(outcome: Outcome) -> Text:
    gate = outcome.gate
    if gate.threshold is None:
        return Text("shut")
    return Text(f"{gate.confidence:.3f} {'≥' if gate.accepted else '<'} {gate.threshold:.3f}")


def _asked(outcome: Outcome) -> Text:
    verdict = outcome.verdict
    return safe(", ".join(filter(None, (verdict.model, verdict.prompt))) or "nobody")


def _tokens(outcome: Outcome) -> Text:
    costs = [step.cost for step in outcome.steps]
    known = [cost for cost in costs if cost is not None]
    total = sum(known) if len(known) == len(costs) else None
    verdict = outcome.verdict
    return Text(f"{verdict.tokens_in:,} in, {verdict.tokens_out:,} out, {money(total)}")


def _time(outcome: Outcome) -> Text:
    return Text(milliseconds(sum(step.ms for step in outcome.steps)))


def _ranked(contest: Contest, outcome: Outcome) -> tuple[str, str, str, str]:
    ids = [c.category_id for c in outcome.verdict.candidates]
    places = [ids.index(s.category_id) for s in (contest.asked, contest.winner) if s.category_id in ids]
    if len(places) < 2:
        return ("", "", "", "")
    asked, winner = (outcome.verdict.candidates[place].score for place in places)
    return str(places[0] + 1), f"{asked:.3f}", str(places[1] + 1), f"{winner:.3f}"


def _texts(contest: Contest) -> Iterator[RenderableType]:
    rows = [
        (contest.asked.category_path, contest.definition),
        (contest.winner.category_path, contest.winner_definition),
    ]
    for name, text in dict.fromkeys(rows):
        if text:
            yield safe(name, "dim")
            yield safe(f"  {text}")
    if contest.outcome is not None:
        yield Text(f"As deliberated, outcome {contest.outcome.number}:", style="dim")
        yield decision(contest.outcome)


def _place(rank: int | None) -> str:
    return "unknown" if rank is None else f"{rank:,}"


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"
