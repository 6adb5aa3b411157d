"""What each node of the graph did, in a line."""

from collections.abc import Iterator, Mapping
from typing import Any


def event_lines(update: Mapping[str, Any]) -> Iterator[str]:
    """Lines for one update of the graph, which names the node and what it changed."""
    for node, change in update.items():
        if node in _LINES:
            yield f"{node}: {_LINES[node](change or {})}"


def _recommend(change: Mapping[str, Any]) -> str:
    recommendation = change["recommendations"][0]
    first, count = recommendation.candidates[0].category_path, len(recommendation.candidates)
    return f"{first}, confidence {recommendation.confidence:.3f}, {count} candidates"


def _accept(change: Mapping[str, Any]) -> str:
    del change
    return "the gate accepts"


def _define(change: Mapping[str, Any]) -> str:
    del change
    return "the candidates' definitions are at hand"


def _rank(change: Mapping[str, Any]) -> str:
    (deliberation,) = change["deliberations"].values()
    if deliberation.error:
        return f"failed: {deliberation.error}"
    if not deliberation.prompt:
        return f"{deliberation.model}, no language model"
    tokens = f"{deliberation.tokens_in} tokens in, {deliberation.tokens_out} out"
    return f"{deliberation.model} with {deliberation.prompt}, {tokens}"


def _widen(change: Mapping[str, Any]) -> str:
    (recommendation,) = change["widened"].values()
    return f"none of them fits; {len(recommendation.candidates)} candidates now"


def _check(change: Mapping[str, Any]) -> str:
    (deliberation,) = change["deliberations"].values()
    clues = deliberation.reasoning.clues if deliberation.reasoning else ()
    return f"{len(clues)} clues stand in the product's text"


def _decide(change: Mapping[str, Any]) -> str:
    (verdict,) = change["verdicts"]
    return f"{verdict.status}, {verdict.category_path}, confidence {verdict.confidence:.3f}"


_LINES = {
    "recommend": _recommend,
    "accept": _accept,
    "define": _define,
    "rank": _rank,
    "widen": _widen,
    "check": _check,
    "decide": _decide,
}
