"""What follows when the general expert says that no candidate fits: more candidates once, then review."""

from typing import Literal

from langgraph.runtime import Runtime

from agents.case import Deliberation
from graph.context import Context
from graph.state import CaseState


def route_fit(state: CaseState, runtime: Runtime[Context]) -> Literal["widen", "check"]:
    """Ask for more candidates where none fits, unless that was done already."""
    none_fits = "none_fits" in state["deliberations"][state["index"]].flags
    first_time = not state.get("widened")
    return "widen" if none_fits and first_time and runtime.context.wider > 1 else "check"


def route_more(state: CaseState) -> Literal["define", "check"]:
    """Ask the general expert again only about candidates that it has not seen."""
    seen = len(state["deliberations"][state["index"]].scores)
    return "define" if len(state["recommendation"].candidates) > seen else "check"


def after(first: Deliberation, second: Deliberation) -> Deliberation:
    """The second deliberation of a case, with what both took."""
    return second.model_copy(
        update={
            "tokens_in": first.tokens_in + second.tokens_in,
            "tokens_out": first.tokens_out + second.tokens_out,
            "flags": ("widened", *second.flags),
            "extra_calls": first.extra_calls + 1 + second.extra_calls,
        }
    )
