"""What flows through the graph: a chunk of products; one product is a chunk of one."""

from operator import or_
from typing import Annotated, TypedDict

from agents.case import Definition, Deliberation, Recommendation
from catalog.product import Product
from graph.verdict import Verdict


def _added(before: dict[str, float], more: dict[str, float]) -> dict[str, float]:
    """Milliseconds by node; one that runs twice took both."""
    return before | {node: before.get(node, 0.0) + ms for node, ms in more.items()}


class ChunkInput(TypedDict):
    """What a caller gives: products, or plain objects with a product's fields."""

    products: list[Product]


class ChunkState(ChunkInput, total=False):
    """The whole state; lists are parallel to `products`, dictionaries keyed by a product's place in it."""

    recommendations: list[Recommendation]
    recommend_ms: float
    deliberations: Annotated[dict[int, Deliberation], or_]
    latency_ms: Annotated[dict[int, dict[str, float]], or_]
    widened: Annotated[dict[int, Recommendation], or_]
    accepted: dict[int, Verdict]
    verdicts: list[Verdict]


class ChunkOutput(TypedDict):
    """What a caller gets: one verdict a product, in the order of `products`."""

    verdicts: list[Verdict]


class CaseState(TypedDict, total=False):
    """One uncertain product on its way through the deliberation subgraph."""

    index: int
    product: Product
    recommendation: Recommendation
    definitions: list[Definition]
    deliberations: Annotated[dict[int, Deliberation], or_]
    latency_ms: Annotated[dict[int, dict[str, float]], or_]
    widened: Annotated[dict[int, Recommendation], or_]
    spent: Annotated[dict[str, float], _added]


class CaseOutput(TypedDict, total=False):
    """What the subgraph hands back; `widened` is there only where more candidates were asked for."""

    deliberations: Annotated[dict[int, Deliberation], or_]
    widened: Annotated[dict[int, Recommendation], or_]
    latency_ms: Annotated[dict[int, dict[str, float]], or_]
