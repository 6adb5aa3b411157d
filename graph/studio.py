"""The graph for LangGraph Studio and any LangGraph client: one product in, its verdict out.

`DUAL_EXPERT_WORKSPACE` names the workspace; the other settings are read as everywhere.
"""

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import Any, Required

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict  # pydantic reads no other one before Python 3.12

from catalog.errors import SettingsError
from catalog.product import Product
from catalog.settings import SELECTOR_LLM, load_settings
from graph.build import build_graph
from graph.context import Context
from graph.open import Opening, llm_from_settings, open_experts
from graph.verdict import Verdict

WORKSPACE_VARIABLE = "DUAL_EXPERT_WORKSPACE"


class Question(TypedDict, total=False):
    """A product as one types it; only its title must be there."""

    title: Required[str]
    description: str
    bullets: list[str]
    brand: str
    locale: str


class Reply(TypedDict):
    """The verdict as plain JSON, which every client can read."""

    verdict: dict[str, Any]


class State(Question, total=False):
    """What the steps hand on."""

    products: list[Product]
    verdicts: list[Verdict]
    verdict: dict[str, Any]


StudioGraph = CompiledStateGraph[State, Context, Question, Reply]


async def graph() -> StudioGraph:
    """Open the workspace that the environment names, once, and compile the graph over it.

    Raises:
        SettingsError: the variable is not set.
    """
    # The server asks on its event loop, and opening takes seconds.
    return await asyncio.to_thread(_opened)


@cache
def _opened() -> StudioGraph:
    folder = os.environ.get(WORKSPACE_VARIABLE)
    if not folder:
        raise SettingsError(
            f"`{WORKSPACE_VARIABLE}` is not set.", fix="Set it to the folder of a trained workspace."
        )
    settings = load_settings()
    opening = Opening(
        Path(folder),
        llm=llm_from_settings(settings),
        selector=settings.llm == SELECTOR_LLM,
        device=settings.device,
        threads=settings.threads,
    )
    outer = StateGraph(State, context_schema=Context, input_schema=Question, output_schema=Reply)
    outer.add_node("read", _read)
    outer.add_node("classify", build_graph(open_experts(opening)))
    outer.add_node("answer", _answer)
    outer.add_edge(START, "read")
    outer.add_edge("read", "classify")
    outer.add_edge("classify", "answer")
    outer.add_edge("answer", END)
    return outer.compile(name="dual-expert")


def _read(state: State) -> dict[str, list[Product]]:
    typed = {name: value for name, value in state.items() if name in Question.__annotations__}
    return {"products": [Product.model_validate({"product_id": "1", **typed})]}


def _answer(state: State) -> Reply:
    (verdict,) = state["verdicts"]
    return {"verdict": verdict.model_dump(mode="json")}
