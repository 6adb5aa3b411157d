"""The nodes of the graph. Each calls one agent or makes one decision; no model can make them raise."""

import logging
import time
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Overwrite

from agents.case import Case, Definition, Deliberation, Recommendation
from agents.reasoning import strike_unfounded
from catalog.errors import LLMError
from catalog.product import Product
from graph.context import Context, Experts
from graph.fit import after
from graph.gate import Router
from graph.outcome import decide_case
from graph.state import CaseState, ChunkState
from graph.verdict import Verdict
from retrieval.gate import group_of

logger = logging.getLogger(__name__)

Update = dict[str, Any]


class Nodes:
    """Nodes bound to the experts they call."""

    def __init__(self, experts: Experts, router: Router) -> None:
        self._experts = experts
        self._router = router

    def recommend(self, state: ChunkState, runtime: Runtime[Context]) -> Update:
        """Domain expert over the whole chunk, one encoder pass.

        On a thread that ran before, what was left of the other products goes.
        """
        start = time.perf_counter()
        products = [Product.model_validate(p) for p in state["products"]]
        recommendations = self._experts.domain_expert(products, k=runtime.context.top_k) if products else []
        share = _milliseconds(start) / max(1, len(products))
        return {
            "products": products,
            "recommendations": recommendations,
            "recommend_ms": share,
            "accepted": {},
            **{name: Overwrite({}) for name in ("deliberations", "latency_ms", "widened")},
        }

    def accept(self, state: ChunkState, runtime: Runtime[Context]) -> Update:
        """Let the domain expert's sure answers out."""
        sure = self._router.sure(state["products"], state["recommendations"], runtime.context)
        pairs = zip(state["products"], state["recommendations"], strict=True)
        latency = {"recommend": state["recommend_ms"]}
        accepted = {
            i: self._with_levels(_accepted(product, recommendation, latency), product, recommendation)
            for i, (product, recommendation) in enumerate(pairs)
            if sure[i]
        }
        return {"accepted": accepted}

    def define(self, state: CaseState) -> Update:
        """Definitions of the candidates; one that is missing is written now, or left out if that fails."""
        start = time.perf_counter()
        definitions = self._definitions(state["recommendation"])
        return {"definitions": definitions, "spent": {"define": _milliseconds(start)}}

    def rank(self, state: CaseState, runtime: Runtime[Context]) -> Update:
        """The general expert ranks the candidates; a failure becomes a deliberation that says so."""
        start = time.perf_counter()
        case = Case(
            product=state["product"],
            recommendation=state["recommendation"],
            definitions=tuple(state["definitions"]),
        )
        deliberation = self._deliberate(case, explain=runtime.context.explain)
        earlier = state.get("deliberations", {}).get(state["index"])
        return {
            "deliberations": {state["index"]: after(earlier, deliberation) if earlier else deliberation},
            "spent": {"rank": _milliseconds(start)},
        }

    def widen(self, state: CaseState, runtime: Runtime[Context]) -> Update:
        """More candidates from the domain expert, because none of the first ones fits."""
        start = time.perf_counter()
        context = runtime.context
        (wider,) = self._experts.domain_expert([state["product"]], k=context.wider * context.top_k)
        found = len(wider.candidates) > len(state["recommendation"].candidates)
        recommendation = wider if found else state["recommendation"]
        return {
            "recommendation": recommendation,
            "widened": {state["index"]: recommendation},
            "spent": {"widen": _milliseconds(start)},
        }

    def check(self, state: CaseState) -> Update:
        """Strike what the general expert quotes but the product does not say."""
        start = time.perf_counter()
        index = state["index"]
        checked = strike_unfounded(state["deliberations"][index], state["product"])
        spent = state["spent"] | {"check": _milliseconds(start)}
        return {"deliberations": {index: checked}, "latency_ms": {index: spent}}

    def decide(self, state: ChunkState) -> Update:
        """One verdict a product, in order."""
        return {"verdicts": [self._verdict(state, i) for i in range(len(state["products"]))]}

    def _verdict(self, state: ChunkState, index: int) -> Verdict:
        accepted = state.get("accepted", {}).get(index)
        if accepted is not None:
            return accepted
        latency = {"recommend": state["recommend_ms"], **state.get("latency_ms", {}).get(index, {})}
        product = state["products"][index]
        recommendation = state.get("widened", {}).get(index, state["recommendations"][index])
        verdict = decide_case(
            product,
            recommendation,
            state.get("deliberations", {}).get(index),
            review_below=self._experts.gate.review_below,
            latency_ms=latency,
        )
        return self._with_levels(verdict, product, recommendation)

    def _with_levels(self, verdict: Verdict, product: Product, recommendation: Recommendation) -> Verdict:
        read = self._experts.levels
        if read is None:
            return verdict
        first = recommendation.candidates[0].category_path
        return read(verdict, recommendation, group_of(read.gate.per, product.locale, first))

    def _definitions(self, recommendation: Recommendation) -> list[Definition]:
        summarizer = self._experts.summarizer
        if summarizer is None:
            return []
        try:
            return summarizer.definitions([c.category_id for c in recommendation.candidates])
        except Exception:  # the candidates can be ranked without definitions too
            logger.exception("no definitions of the candidates")
            return []

    def _deliberate(self, case: Case, *, explain: bool) -> Deliberation:
        expert = self._experts.general_expert
        if expert is None:
            raise RuntimeError("`deliberate` was reached without a general expert")
        try:
            return expert(case, explain=explain)
        except LLMError as error:
            return expert.failed(case, str(error))
        except Exception as error:  # a bug in a backend must not cost the product its verdict
            logger.exception("general expert failed on product %r", case.product.product_id)
            return expert.failed(case, f"{type(error).__name__}: {error}")


def _accepted(product: Product, recommendation: Recommendation, latency_ms: dict[str, float]) -> Verdict:
    first = recommendation.candidates[0]
    return Verdict(
        product_id=product.product_id,
        category_id=first.category_id,
        category_path=first.category_path,
        status="accepted",
        confidence=recommendation.confidence,
        candidates=recommendation.candidates,
        latency_ms=latency_ms,
    )


def _milliseconds(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
