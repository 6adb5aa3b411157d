"""The one place where the graph is wired."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph.context import Context, Experts
from graph.fit import route_fit, route_more
from graph.gate import Router
from graph.nodes import Nodes
from graph.state import CaseOutput, CaseState, ChunkInput, ChunkOutput, ChunkState

DualExpertGraph = CompiledStateGraph[ChunkState, Context, ChunkInput, ChunkOutput]


def build_graph(experts: Experts, *, checkpointer: BaseCheckpointSaver[Any] | None = None) -> DualExpertGraph:
    """Compile the graph over these experts; sync (`invoke`, `stream`) and async (`ainvoke`, `astream`).

    Args:
        checkpointer: for chat threads only; a batch keeps its own ledger.
    """
    router = Router(experts)
    nodes = Nodes(experts, router)
    graph = StateGraph(ChunkState, context_schema=Context, input_schema=ChunkInput, output_schema=ChunkOutput)
    graph.add_node("recommend", nodes.recommend)
    graph.add_node("accept", nodes.accept)
    graph.add_node("deliberate", _deliberation(nodes))
    graph.add_node("decide", nodes.decide, defer=True)
    graph.add_edge(START, "recommend")
    graph.add_conditional_edges("recommend", router.route_confidence, ["accept", "deliberate", "decide"])
    graph.add_edge("accept", "decide")
    graph.add_edge("deliberate", "decide")
    graph.add_edge("decide", END)
    return graph.compile(checkpointer=checkpointer, name="dual-expert")


def _deliberation(nodes: Nodes) -> CompiledStateGraph[CaseState, Context, CaseState, CaseOutput]:
    """One uncertain product: definitions, ranking, once more among more candidates where none fits, check."""
    case = StateGraph(CaseState, context_schema=Context, output_schema=CaseOutput)
    case.add_node("define", nodes.define)
    case.add_node("rank", nodes.rank)
    case.add_node("widen", nodes.widen)
    case.add_node("check", nodes.check)
    case.add_edge(START, "define")
    case.add_edge("define", "rank")
    case.add_conditional_edges("rank", route_fit)
    case.add_conditional_edges("widen", route_more)
    case.add_edge("check", END)
    return case.compile(name="deliberate")
