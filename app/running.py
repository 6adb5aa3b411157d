"""Products through the graph, with word of every node that ends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from catalog.product import Product
from catalog.progress import Advance
from graph.build import DualExpertGraph, build_graph
from graph.context import Context, Experts
from graph.verdict import Verdict

# While it streams, LangGraph keeps one of its threads to wait for events; with no other it waits for ever.
_LISTENING = 1

Update = Mapping[str, Any]
Listener = Callable[[Update], None]


@dataclass(frozen=True)
class GraphRunner:
    """One compiled graph with the settings of a run; safe to call from several threads.

    Attributes:
        concurrency: cases that are deliberated at once.
    """

    graph: DualExpertGraph
    context: Context
    concurrency: int

    @classmethod
    def over(cls, experts: Experts, context: Context, concurrency: int) -> "GraphRunner":
        return cls(build_graph(experts), context, concurrency)

    def verdicts(self, products: Sequence[Product], listen: Listener) -> list[Verdict]:
        """One verdict a product, in order."""
        verdicts: list[Verdict] = self.state(products, listen)["verdicts"]
        return verdicts

    def state(self, products: Sequence[Product], listen: Listener) -> Mapping[str, Any]:
        """The final state, as `graph.state.ChunkState`.

        Args:
            listen: called with each update of a node, those inside a deliberation included.
        """
        state: Mapping[str, Any] = {}
        events = self.graph.stream(
            {"products": list(products)},
            {"max_concurrency": self.concurrency + _LISTENING},
            context=self.context,
            stream_mode=["updates", "values"],
            subgraphs=True,
        )
        for event in events:
            # The declared type does not tell that with `subgraphs` and several modes an event is a triple.
            namespace, mode, payload = cast("tuple[tuple[str, ...], str, Mapping[str, Any]]", event)
            if mode == "updates":
                listen(payload)
            elif not namespace:
                state = payload
        return state


def counting(deliberated: Advance) -> Listener:
    """A listener that counts the products the general expert is done with."""

    def listen(update: Update) -> None:
        if "deliberate" in update:
            deliberated(1)

    return listen
