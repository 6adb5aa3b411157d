"""A product that waits for its verdict."""

import asyncio
from dataclasses import dataclass, field

from agents.case import Case, Deliberation, Recommendation
from app.service.problems import overloaded
from catalog.product import Product
from graph.context import Context, Experts
from graph.outcome import decide_case
from graph.verdict import Verdict


@dataclass(eq=False)
class Ticket:
    """Attributes:
    recommendation, recommend_ms: None until the domain expert has answered.
    """

    product: Product
    context: Context
    future: "asyncio.Future[Verdict]"
    recommendation: Recommendation | None = None
    latency_ms: dict[str, float] = field(default_factory=dict)

    def settle(self, result: Verdict | Exception) -> None:
        """The first result counts; to be called on the event loop."""
        if self.future.done():
            return
        if isinstance(result, Exception):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)

    def deliberated(
        self,
        experts: Experts,
        deliberation: Deliberation,
        widened: Recommendation | None = None,
        latency_ms: dict[str, float] | None = None,
    ) -> Verdict:
        """The verdict as the graph's `decide` makes it, when this product's own deliberation has ended."""
        recommendation = widened or self.recommendation
        if recommendation is None:
            raise RuntimeError("deliberated before it was recommended")
        return decide_case(
            self.product,
            recommendation,
            deliberation,
            review_below=experts.gate.review_below,
            latency_ms={**self.latency_ms, **(latency_ms or {})},
        )

    def late(self, experts: Experts, seconds: float) -> Verdict:
        """The domain expert's answer, degraded, because the general expert took too long.

        Raises:
            HTTPException: 503, there is no answer yet.
        """
        expert = experts.general_expert
        if self.recommendation is None or expert is None:
            raise overloaded(f"No answer within {seconds:g} s.")
        case = Case(product=self.product, recommendation=self.recommendation, definitions=())
        return self.deliberated(experts, expert.failed(case, f"no answer within {seconds:g} s"))
