"""What becomes of `none of these`: more candidates once, then review."""

from collections.abc import Sequence

import pytest

from agents.case import Candidate, Case, Deliberation, Flag, Recommendation
from catalog.errors import LLMUnavailable
from catalog.product import Product
from graph.build import build_graph
from graph.context import Context, Experts
from graph.verdict import Verdict
from tests.graph.stubs import StubSummarizer, open_gate

CATEGORIES = ("a", "b", "c", "d", "e")


class Domain:
    """Knows as many categories as it is asked for, of those there are."""

    def __init__(self, categories: Sequence[str] = CATEGORIES) -> None:
        self.categories = categories
        self.asked: list[int] = []

    def __call__(self, products: Sequence[Product], *, k: int) -> list[Recommendation]:
        self.asked.append(k)
        candidates = tuple(
            Candidate(category_id=c, category_path=c.upper(), score=0.1, source="head")
            for c in self.categories[:k]
        )
        return [Recommendation(candidates=candidates, confidence=0.2) for _ in products]


class General:
    """Finds that none fits unless its category is among the candidates; may fail from the second case on."""

    def __init__(self, wants: str, error: Exception | None = None) -> None:
        self.wants = wants
        self.error = error
        self.cases: list[Case] = []

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        self.cases.append(case)
        if self.error and len(self.cases) > 1:
            raise self.error
        ids = [c.category_id for c in case.recommendation.candidates]
        fits = [float(i == self.wants) for i in ids]
        flags: tuple[Flag, ...] = () if any(fits) else ("none_fits",)
        return Deliberation(
            scores=tuple(fits),
            probabilities=tuple(0.9 * f + 0.01 for f in fits),
            reasoning=None,
            definitions=(),
            prompt="p.v1",
            model="fake",
            tokens_in=10,
            tokens_out=1,
            flags=flags,
        )

    def failed(self, case: Case, error: str) -> Deliberation:
        return Deliberation(
            scores=(), probabilities=(), reasoning=None, definitions=(), prompt="p", model="m", error=error
        )


def run(domain: Domain, general: General, **context: int) -> Verdict:
    experts = Experts(domain, open_gate(), StubSummarizer(), general)  # type: ignore[arg-type]
    products = {"products": [Product(product_id="p", title="t")]}
    (verdict,) = build_graph(experts).invoke(products, context=Context(top_k=2, **context))["verdicts"]
    return verdict


def test_what_fits_is_asked_once() -> None:
    domain, general = Domain(), General("b")
    verdict = run(domain, general)
    assert (verdict.category_id, verdict.status, verdict.flags) == ("b", "deliberated", ())
    assert (domain.asked, len(general.cases)) == ([2], 1)


def test_more_candidates_are_asked_for_once_and_one_may_fit() -> None:
    domain, general = Domain(), General("d")
    verdict = run(domain, general)
    assert (verdict.category_id, verdict.status) == ("d", "deliberated")
    assert verdict.flags == ("widened",)
    assert (verdict.extra_calls, verdict.tokens_in, verdict.tokens_out) == (1, 20, 2)
    assert domain.asked == [2, 4]
    assert len(verdict.candidates) == 4
    assert {"widen", "rank", "define"} <= set(verdict.latency_ms)


def test_when_still_none_fits_a_person_looks() -> None:
    domain, general = Domain(), General("e")
    verdict = run(domain, general)
    assert (verdict.status, verdict.flags) == ("review", ("widened", "none_fits"))
    assert verdict.category_id in CATEGORIES
    assert (domain.asked, len(general.cases)) == ([2, 4], 2)


def test_a_run_may_go_straight_to_review() -> None:
    domain, general = Domain(), General("d")
    verdict = run(domain, general, wider=1)
    assert (verdict.status, verdict.flags) == ("review", ("none_fits",))
    assert domain.asked == [2]


def test_a_taxonomy_without_more_categories_is_not_asked_about_again() -> None:
    domain, general = Domain(("a", "b")), General("z")
    verdict = run(domain, general)
    assert (verdict.status, verdict.flags, verdict.extra_calls) == ("review", ("none_fits",), 0)
    assert len(general.cases) == 1


@pytest.mark.parametrize("error", [LLMUnavailable("down"), RuntimeError("bug")])
def test_a_failure_among_more_candidates_degrades(error: Exception) -> None:
    verdict = run(Domain(), General("d", error))
    assert verdict.status == "degraded"
    assert str(error) in (verdict.error or "")
    assert (verdict.category_id, verdict.tokens_in) == ("a", 10)


def test_each_case_of_a_chunk_keeps_its_own_candidates() -> None:
    domain, general = Domain(), General("d")
    experts = Experts(domain, open_gate(), StubSummarizer(), general)  # type: ignore[arg-type]
    products = [Product(product_id=str(i), title="t") for i in range(5)]
    verdicts = build_graph(experts).invoke({"products": products}, context=Context(top_k=2))["verdicts"]
    assert [v.product_id for v in verdicts] == list("01234")
    assert {v.category_id for v in verdicts} == {"d"}
