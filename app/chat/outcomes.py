"""From a run of the graph to the outcome that people see."""

from collections.abc import Iterator

from agents.case import Definition
from agents.llm.prices import Prices
from app.chat.records import GateView, Outcome, RunSettings, Step
from app.chat.runs import Ran
from retrieval.gate import SHUT, Gate, group_of
from training.gate.describe import gate_line


def outcome_of(number: int, ran: Ran, run: RunSettings, gate: Gate, prices: Prices) -> Outcome:
    """The record of a run.

    Args:
        gate: of the workspace; `run` may override its threshold.
    """
    return Outcome(
        number=number,
        product=ran.product,
        settings=run,
        verdict=ran.verdict,
        gate=gate_view(ran, run, gate),
        neighbours=ran.recommendation.neighbours,
        definitions=_seen(ran),
        steps=tuple(_steps(ran, prices)),
        trace=ran.trace,
        trace_id=ran.trace.trace_id,
    )


def gate_view(ran: Ran, run: RunSettings, gate: Gate) -> GateView:
    """What the gate asked, in the terms of this product."""
    confidence = ran.recommendation.confidence
    if run.threshold is not None:
        return GateView(
            threshold=run.threshold,
            confidence=confidence,
            accepted=confidence >= run.threshold,
            group="",
            promise="A threshold of your own: nothing is promised.",
        )
    first = ran.recommendation.candidates[0].category_path
    group = group_of(gate.per, ran.product.locale, first)
    limit = gate.limit(group)
    return GateView(
        threshold=None if limit == SHUT else limit,
        confidence=confidence,
        accepted=confidence >= limit,
        group=group,
        promise=gate_line(gate),
    )


def _seen(ran: Ran) -> tuple[Definition, ...]:
    """Of the definitions at hand, those the verdict names."""
    named = {(d.category_id, d.version) for d in ran.verdict.definitions}
    return tuple(d for d in ran.definitions if (d.category_id, d.version) in named)


def _steps(ran: Ran, prices: Prices) -> Iterator[Step]:
    """In their order; a node that ran twice is one step, with the time of both."""
    verdict = ran.verdict
    spent = {"tokens_in": verdict.tokens_in, "tokens_out": verdict.tokens_out, "cost": _cost(ran, prices)}
    lines = {event.node: event.line for event in ran.events}
    for node, line in lines.items():
        measured = sum(event.ms for event in ran.events if event.node == node)
        ms = verdict.latency_ms.get(node, measured)
        yield Step.model_validate({"node": node, "ms": ms, "line": line, **(spent if node == "rank" else {})})


def _cost(ran: Ran, prices: Prices) -> float | None:
    """USD; without a prompt no language model was asked."""
    verdict = ran.verdict
    if not verdict.prompt:
        return 0.0
    price = prices.find(verdict.model)
    return None if price is None else price.of_tokens(verdict.tokens_in, verdict.tokens_out)
