"""One product through the graph, under a checkpointer: from the start, or from a fork."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.runtime import Runtime

from agents.case import Definition, Recommendation
from app.chat.records import Trace
from app.events import event_lines
from catalog.product import Product
from graph.build import DualExpertGraph, build_graph
from graph.context import Context, Experts
from graph.verdict import Verdict

# While it streams, LangGraph keeps one of its threads to wait for events; see `app.running`.
_LISTENING = 1
# `update_state` runs the gate's router, which reads the context; LangGraph hands it over under this key and
# has no argument for it.
_RUNTIME = "__pregel_runtime"
_DELIBERATION = "deliberate"


@dataclass(frozen=True)
class NodeEvent:
    """A node began or ended.

    Attributes:
        ms: wall-clock time, 0 when it began.
        line: what it did, in words; empty when it began. Holds text of strangers.
    """

    node: str
    ended: bool
    ms: float = 0.0
    line: str = ""


Listener = Callable[[NodeEvent], None]


@dataclass
class Ran:
    """What a run left behind.

    Attributes:
        definitions: that the general expert saw.
    """

    product: Product
    recommendation: Recommendation
    verdict: Verdict
    trace: Trace
    events: list[NodeEvent] = field(default_factory=list)
    definitions: tuple[Definition, ...] = ()


class TracedGraph:
    """The graph over some experts with every step kept; a product has a LangGraph thread of its own."""

    def __init__(self, experts: Experts, checkpointer: BaseCheckpointSaver[Any], concurrency: int) -> None:
        self.experts = experts
        self._graph: DualExpertGraph = build_graph(experts, checkpointer=checkpointer)
        self._concurrency = concurrency

    def start(self, thread: str, product: Product, context: Context, listen: Listener) -> Ran:
        """Run a product from the first node on."""
        return self._run(_at(thread), {"products": [product]}, context, listen)

    def restart(self, trace: Trace, product: Product, context: Context, listen: Listener) -> Ran:
        """Fork before the first node, with another product or context."""
        forked = self._graph.update_state(
            _at(trace.thread, trace.input), {"products": [product]}, as_node="__start__"
        )
        return self._run(forked, None, context, listen)

    def reroute(
        self, trace: Trace, recommendation: Recommendation | None, context: Context, listen: Listener
    ) -> Ran:
        """Fork behind `recommend`: the gate and what follows run again, the encoder does not.

        Args:
            recommendation: takes the place of the domain expert's own; None leaves it.
        """
        config = _at(trace.thread, trace.recommended)
        config["configurable"][_RUNTIME] = Runtime(context=context)
        values = {} if recommendation is None else {"recommendations": [recommendation]}
        forked = self._graph.update_state(config, values, as_node="recommend")
        return self._run(forked, None, context, listen, trace)

    def recommendation(self, trace: Trace) -> Recommendation:
        """The domain expert's, as the run kept it."""
        state = self._graph.get_state(_at(trace.thread, trace.recommended)).values
        found: Recommendation = state["recommendations"][0]
        return found

    def _run(
        self,
        config: RunnableConfig,
        products: Mapping[str, Any] | None,
        context: Context,
        listen: Listener,
        base: Trace | None = None,
    ) -> Ran:
        log = _Log(listen)
        stream = self._graph.stream(
            cast(Any, products),
            {**config, "max_concurrency": self._concurrency + _LISTENING},
            context=context,
            stream_mode=["tasks", "updates", "checkpoints"],
            subgraphs=True,
            version="v2",
        )
        for part in stream:
            log.take(cast("Mapping[str, Any]", part))
        return self._ran(config["configurable"]["thread_id"], log, base)

    def _ran(self, thread: str, log: "_Log", base: Trace | None) -> Ran:
        first, last = log.checkpoints[0], log.checkpoints[-1]
        trace = Trace(
            thread=thread,
            input=base.input if base else log.before("recommend"),
            recommended=first if base else log.after("recommend"),
            final=last,
        )
        state = self._graph.get_state(_at(thread, last)).values
        return Ran(
            state["products"][0],
            state["recommendations"][0],
            state["verdicts"][0],
            trace,
            log.events,
            log.definitions,
        )


class _Log:
    """Reads the stream of a run."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self._began: dict[str, float] = {}
        self._lines: dict[str, str] = {}
        self._next: dict[str, tuple[str, ...]] = {}
        self.checkpoints: list[str] = []
        self.events: list[NodeEvent] = []
        self.definitions: tuple[Definition, ...] = ()

    def take(self, part: Mapping[str, Any]) -> None:
        """One part of `stream(version="v2")`."""
        data = part["data"]
        if part["type"] == "tasks":
            self._task(data)
        elif part["type"] == "updates":
            self._lines.update(_lines(data))
        elif not part["ns"]:
            self._checkpoint(data)

    def before(self, node: str) -> str:
        """The checkpoint whose next node is this one."""
        return next(name for name, nodes in self._next.items() if node in nodes)

    def after(self, node: str) -> str:
        """The checkpoint behind it."""
        return self.checkpoints[self.checkpoints.index(self.before(node)) + 1]

    def _checkpoint(self, data: Mapping[str, Any]) -> None:
        name = data["config"]["configurable"]["checkpoint_id"]
        self.checkpoints.append(name)
        self._next[name] = tuple(data["next"])

    def _task(self, data: Mapping[str, Any]) -> None:
        node = data["name"]
        if node == _DELIBERATION:
            return  # its nodes speak for themselves
        if "input" in data:
            self._began[data["id"]] = time.perf_counter()
            self._listen(NodeEvent(node, ended=False))
            return
        if node == "define":
            self.definitions = tuple((data["result"] or {}).get("definitions", ()))
        ms = round((time.perf_counter() - self._began[data["id"]]) * 1000, 1)
        event = NodeEvent(node, ended=True, ms=ms, line=self._lines.get(node, ""))
        self.events.append(event)
        self._listen(event)


def _lines(update: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for line in event_lines(update):
        node, _, said = line.partition(": ")
        yield node, said


def _at(thread: str, checkpoint: str | None = None) -> RunnableConfig:
    where = {"thread_id": thread, "checkpoint_ns": ""}
    return {"configurable": where if checkpoint is None else {**where, "checkpoint_id": checkpoint}}
