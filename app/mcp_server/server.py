"""The tools under the Model Context Protocol, on stdin and stdout."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

import anyio
from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations
from pydantic import Field

from agents.case import Definition
from app.mcp_server.records import Classified, Explanation
from app.mcp_server.tools import Tools
from app.service.schemas import CategoryName, FoundCategory, GivenProduct

T = TypeVar("T")

_INSTRUCTIONS = (
    "Puts products into the categories of one shop's taxonomy. An answer with the status `accepted` or "
    "`deliberated` may be used; `review` and `degraded` should be looked at by a person. Never invent a "
    "category: look for it with `search_categories`."
)
_READS = ToolAnnotations(readOnlyHint=True, idempotentHint=True, openWorldHint=False)
Limit = Annotated[int, Field(ge=1, le=50)]
Query = Annotated[str, Field(max_length=500)]


def build_server(tools: Tools) -> FastMCP:
    """All tools; none of them changes anything of the shop's."""
    server = FastMCP("dual-expert", instructions=_INSTRUCTIONS)

    @server.tool(annotations=_READS)
    async def classify(product: GivenProduct) -> Classified:
        """Put a product into its category."""
        return await _aside(partial(tools.classify, product))

    @server.tool(annotations=_READS)
    async def explain(product: GivenProduct, why_not: CategoryName | None = None) -> Explanation:
        """Why a product belongs there, and why not in another category, named by path, id or leaf."""
        return await _aside(partial(tools.explain, product, why_not))

    @server.tool(annotations=_READS)
    async def search_categories(query: Query, limit: Limit = 10) -> list[FoundCategory]:
        """Find categories by the words of their path, then by meaning."""
        return await _aside(partial(tools.search_categories, query, limit))

    @server.tool(annotations=_READS)
    async def definition(category: CategoryName) -> Definition:
        """What belongs in a category and what does not; by its path, id or leaf."""
        return await _aside(partial(tools.definition, category))

    return server


async def _aside(call: Callable[[], T]) -> T:
    """Off the event loop, which must go on reading."""
    return await anyio.to_thread.run_sync(call)
