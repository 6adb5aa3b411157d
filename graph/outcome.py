"""What an uncertain product comes out with, given what the general expert made of it."""

from collections.abc import Mapping

from agents.case import Candidate, Deliberation, Recommendation
from catalog.product import Product
from graph.verdict import Status, Verdict


def decide_case(
    product: Product,
    recommendation: Recommendation,
    deliberation: Deliberation | None,
    *,
    review_below: float,
    latency_ms: Mapping[str, float],
) -> Verdict:
    """Fuse both experts into a verdict; always a category of the recommendation, so of the taxonomy.

    Without a deliberation, or with a failed one, the domain expert's answer stands.
    """
    ranked = _ranked(recommendation, deliberation)
    confidence = _confidence(recommendation, deliberation)
    used = deliberation or Deliberation(
        scores=(), probabilities=(), reasoning=None, definitions=(), prompt="", model=""
    )
    return Verdict(
        product_id=product.product_id,
        category_id=ranked[0].category_id,
        category_path=ranked[0].category_path,
        status=_status(deliberation, confidence, review_below),
        confidence=confidence,
        candidates=ranked,
        reasoning=used.reasoning,
        definitions=used.definitions,
        prompt=used.prompt,
        model=used.model,
        tokens_in=used.tokens_in,
        tokens_out=used.tokens_out,
        latency_ms=dict(latency_ms),
        flags=used.flags,
        extra_calls=used.extra_calls,
        error=used.error,
    )


def _ranked(recommendation: Recommendation, deliberation: Deliberation | None) -> tuple[Candidate, ...]:
    if deliberation is None or deliberation.error is not None:
        return recommendation.candidates
    scored = zip(recommendation.candidates, deliberation.probabilities, strict=True)
    fused = [c.model_copy(update={"score": p}) for c, p in scored]
    return tuple(sorted(fused, key=lambda c: -c.score))


def _confidence(recommendation: Recommendation, deliberation: Deliberation | None) -> float:
    if deliberation is None or deliberation.error is not None:
        return recommendation.confidence
    if deliberation.confidence is not None:
        return deliberation.confidence
    return max(deliberation.probabilities)


def _status(deliberation: Deliberation | None, confidence: float, review_below: float) -> Status:
    if deliberation is None:
        return "review"
    if deliberation.error is not None:
        return "degraded"
    unsure = confidence < review_below or "none_fits" in deliberation.flags
    return "review" if unsure else "deliberated"
