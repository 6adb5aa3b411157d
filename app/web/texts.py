"""Words of replies for templates; the same as on a terminal, without its styles."""

from collections.abc import Iterator, Sequence

from app.chat.records import GateView, Outcome
from app.chat.rendering.outcomes import gate_line
from app.chat.rendering.texts import marked, milliseconds, money

Piece = tuple[str, bool]


def pieces(text: str, clues: Sequence[str] = ()) -> list[Piece]:
    """A text of strangers without what shows nothing, cut where a clue begins or ends.

    Returns:
        Parts in their order, each with whether it is a clue.
    """
    lit = marked(text, clues)
    spans = sorted((span.start, span.end) for span in lit.spans)
    return [piece for piece in _cut(lit.plain, spans) if piece[0]]


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    at = 0
    for start, end in spans:
        if end > at:
            yield text[at : max(at, start)], False
            yield text[max(at, start) : end], True
            at = end
    yield text[at:], False


def gate_words(gate: GateView) -> str:
    return gate_line(gate).plain


def clues_of(outcome: Outcome) -> tuple[str, ...]:
    reasoning = outcome.verdict.reasoning
    return reasoning.clues if reasoning else ()


def tokens(outcome: Outcome) -> str:
    """What an outcome took, in a line."""
    costs = [step.cost for step in outcome.steps]
    known = [cost for cost in costs if cost is not None]
    total = sum(known) if len(known) == len(costs) else None
    verdict = outcome.verdict
    return f"{verdict.tokens_in:,} in, {verdict.tokens_out:,} out, {money(total)}"


def seconds(outcome: Outcome) -> str:
    return milliseconds(sum(step.ms for step in outcome.steps))
