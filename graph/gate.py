"""The confidence gate: the routers of the graph."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Send

from graph.context import Context, Experts
from graph.state import ChunkState


class Router:
    """Routes a recommended chunk: sure products out, the others to deliberation, each on its own."""

    def __init__(self, experts: Experts) -> None:
        self._experts = experts

    def threshold(self, context: Context) -> float:
        """Confidence from which this run accepts; above 1 while the gate is shut."""
        own = self._experts.gate.threshold if context.threshold is None else context.threshold
        return 2.0 if own is None else own

    def route_confidence(
        self, state: ChunkState, runtime: Runtime[Context]
    ) -> list[Literal["accept", "decide"] | Send]:
        """Name the next nodes of a chunk; uncertain products go to `deliberate` by `Send`."""
        threshold = self.threshold(runtime.context)
        recommendations = state["recommendations"]
        uncertain = [i for i, r in enumerate(recommendations) if r.confidence < threshold]
        routes: list[Literal["accept", "decide"] | Send] = []
        if len(uncertain) < len(recommendations):
            routes.append("accept")
        if self._experts.general_expert is not None:
            routes.extend(self._send(state, i) for i in uncertain)
        return routes or ["decide"]

    @staticmethod
    def _send(state: ChunkState, index: int) -> Send:
        case = {
            "index": index,
            "product": state["products"][index],
            "recommendation": state["recommendations"][index],
        }
        return Send("deliberate", case)
