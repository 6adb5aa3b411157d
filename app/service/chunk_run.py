"""One chunk of tickets through the graph; each gets its verdict as soon as it is there."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from app.running import GraphRunner
from app.service.ticket import Ticket
from graph.build import DualExpertGraph
from graph.context import Experts
from graph.verdict import Verdict

_log = logging.getLogger(__name__)

Settled = list[tuple[Ticket, "Verdict | Exception"]]


class ChunkRun:
    """Runs in a thread of its own and settles the tickets on the event loop.

    Args:
        tickets: all with the same context.
        concurrency: deliberations at once.
    """

    def __init__(
        self,
        graph: DualExpertGraph,
        experts: Experts,
        concurrency: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._graph = graph
        self._experts = experts
        self._concurrency = concurrency
        self._loop = loop

    def run(self, tickets: Sequence[Ticket]) -> None:
        """Settle them all; where the chunk fails its halves are tried, so that one product fails alone."""
        runner = GraphRunner(self._graph, tickets[0].context, self._concurrency)
        try:
            runner.verdicts([t.product for t in tickets], _Listener(tickets, self._experts, self._tell))
        except Exception as error:
            self._failed(tickets, error)

    def _failed(self, tickets: Sequence[Ticket], error: Exception) -> None:
        if len(tickets) == 1:
            _log.exception("product %r failed", tickets[0].product.product_id)
            self._tell([(tickets[0], error)])
            return
        _log.warning("%d products failed together; trying halves.", len(tickets))
        middle = len(tickets) // 2
        for half in (tickets[:middle], tickets[middle:]):
            self.run(half)

    def _tell(self, settled: Settled) -> None:
        self._loop.call_soon_threadsafe(_settle, settled)


class _Listener:
    """Reads the updates of the root graph's nodes; those inside a deliberation have other names."""

    def __init__(self, tickets: Sequence[Ticket], experts: Experts, tell: Any) -> None:
        self._tickets = tickets
        self._experts = experts
        self._tell = tell

    def __call__(self, update: Mapping[str, Any]) -> None:
        for node, change in update.items():
            if node == "recommend":
                self._recommended(change)
            elif node == "accept":
                self._tell([(self._tickets[i], verdict) for i, verdict in change["accepted"].items()])
            elif node == "deliberate":
                self._tell([self._deliberated(i, change) for i in change["deliberations"]])
            elif node == "decide":
                self._tell(list(zip(self._tickets, change["verdicts"], strict=True)))

    def _recommended(self, change: Mapping[str, Any]) -> None:
        for ticket, recommendation in zip(self._tickets, change["recommendations"], strict=True):
            ticket.latency_ms["recommend"] = change["recommend_ms"]
            ticket.recommendation = recommendation

    def _deliberated(self, index: int, change: Mapping[str, Any]) -> tuple[Ticket, Verdict]:
        ticket = self._tickets[index]
        verdict = ticket.deliberated(
            self._experts,
            change["deliberations"][index],
            change.get("widened", {}).get(index),
            change["latency_ms"][index],
        )
        return ticket, verdict


def _settle(settled: Settled) -> None:
    for ticket, result in settled:
        ticket.settle(result)
