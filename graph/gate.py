"""The confidence gate: the routers of the graph."""

from collections.abc import Iterable
from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.case import Recommendation
from agents.llm.prefix_order import prefix_order
from catalog.product import Product
from graph.context import Context, Experts
from graph.state import ChunkState
from retrieval.gate import SHUT, group_of


class Router:
    """Routes a recommended chunk: sure products out, the others to deliberation, each on its own."""

    def __init__(self, experts: Experts) -> None:
        self._experts = experts

    def sure(
        self, products: Iterable[Product], recommendations: Iterable[Recommendation], context: Context
    ) -> list[bool]:
        """Which products of a chunk the gate accepts, in order; a run's own threshold goes for all groups."""
        if context.threshold is not None:
            return [r.confidence >= context.threshold for r in recommendations]
        gate = self._experts.gate
        if gate.per is None:
            limit = gate.limit()
            return [r.confidence >= limit for r in recommendations]
        limits = {group: gate.limit(group) for group in gate.groups}
        pairs = zip(products, recommendations, strict=True)
        return [
            r.confidence >= limits.get(group_of(gate.per, p.locale, _first_path(r)), SHUT) for p, r in pairs
        ]

    def route_confidence(
        self, state: ChunkState, runtime: Runtime[Context]
    ) -> list[Literal["accept", "decide"] | Send]:
        """Name the next nodes of a chunk; uncertain products go to `deliberate` by `Send`.

        Those with the same candidates follow each other, because their prompts begin alike.
        """
        sure = self.sure(state["products"], state["recommendations"], runtime.context)
        routes: list[Literal["accept", "decide"] | Send] = ["accept"] if any(sure) else []
        if self._experts.general_expert is not None:
            unsure = [i for i, is_sure in enumerate(sure) if not is_sure]
            beginnings = [_candidate_ids(state["recommendations"][i]) for i in unsure]
            routes.extend(self._send(state, unsure[place]) for place in prefix_order(beginnings))
        return routes or ["decide"]

    @staticmethod
    def _send(state: ChunkState, index: int) -> Send:
        case = {
            "index": index,
            "product": state["products"][index],
            "recommendation": state["recommendations"][index],
        }
        return Send("deliberate", case)


def _first_path(recommendation: Recommendation) -> str:
    return recommendation.candidates[0].category_path


def _candidate_ids(recommendation: Recommendation) -> list[str]:
    return [candidate.category_id for candidate in recommendation.candidates]
