"""A catalog of which the gate holds some products back, and a general expert that really asks a server."""

import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agents.case import Candidate, Case, Deliberation, Recommendation
from agents.llm.answer import ask
from agents.llm.factory import build_llm
from agents.llm.model import LLM
from agents.llm.prices import Price
from agents.reasoning import Explanation
from catalog.product import Product, Row
from graph.batch.job import BatchJob
from graph.batch.paying import paying
from graph.batch.runner import run_batch
from graph.batch.spending import Spending
from graph.batch.summary import RunSummary
from graph.build import build_graph
from graph.context import Context, Experts
from retrieval.gate import Gate
from tests.fakes.openai_server import RecordedRequest, ok
from tests.graph.stubs import StubSummarizer, open_gate

CATEGORIES = ("a", "b", "c")
HELD_BACK = 20
"""One product in so many."""
PRICE = Price(input=1_000_000.0, output=0.0)
"""A call costs `PROMPT_TOKENS` dollars."""
ANSWER = {"user": "u", "use_case": "c", "reason": "r"}


def product(number: int) -> Product:
    return Product(product_id=f"p{number}", title=f"thing {number}")


def is_held_back(product_id: str, one_in: int = HELD_BACK) -> bool:
    return zlib.crc32(product_id.encode()) % one_in == 0


def held_back(count: int, one_in: int = HELD_BACK) -> list[str]:
    return [f"p{n}" for n in range(1, count + 1) if is_held_back(f"p{n}", one_in)]


class DomainExpert:
    """Unsure of what is held back."""

    def __init__(self, one_in: int = HELD_BACK) -> None:
        self.one_in = one_in
        self.chunks = 0

    def __call__(self, products: Sequence[Product], *, k: int = 10) -> list[Recommendation]:
        self.chunks += 1
        return [self._recommendation(each) for each in products]

    def _recommendation(self, of: Product) -> Recommendation:
        candidates = tuple(
            Candidate(category_id=c, category_path=c.upper(), score=s, source="head")
            for c, s in zip(CATEGORIES, (0.5, 0.3, 0.1), strict=True)
        )
        unsure = is_held_back(of.product_id, self.one_in)
        return Recommendation(candidates=candidates, confidence=0.2 if unsure else 0.9)


class AskingExpert:
    """One question a case, as a general expert that ranks by prompt asks it."""

    strategy = "rank"

    def __init__(self, llm: LLM) -> None:
        self.llm = llm

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        answer = ask(self.llm, [("user", case.product.product_id)], Explanation)
        return self.failed(case, "").model_copy(
            update={
                "scores": (0.0, 1.0, 0.0),
                "probabilities": (0.2, 0.7, 0.1),
                "tokens_in": answer.tokens_in,
                "tokens_out": answer.tokens_out,
                "error": None,
            }
        )

    def failed(self, case: Case, error: str) -> Deliberation:
        return Deliberation(
            scores=(),
            probabilities=(),
            reasoning=None,
            definitions=(),
            prompt="p.v1",
            model="fake",
            error=error,
        )


def good(request: RecordedRequest) -> Any:
    return ok(ANSWER)


def asked(requests: Sequence[RecordedRequest]) -> list[str]:
    """The products that were asked about, once for every request."""
    return [request.body["messages"][0]["content"] for request in requests]


def experts(general: Any, one_in: int = HELD_BACK) -> Experts:
    gate: Gate = open_gate()
    return Experts(DomainExpert(one_in), gate, StubSummarizer(), general)


def classifier(general: Any, spending: Spending, *, slots: int = 4, one_in: int = HELD_BACK) -> Any:
    graph = build_graph(paying(experts(general, one_in), spending, CATEGORIES))

    def classify(products: Sequence[Product]) -> Any:
        config = {"max_concurrency": slots + 1}
        return graph.invoke({"products": list(products)}, config, context=Context())["verdicts"]

    return classify


def asking(base_url: str, slots: int = 4) -> AskingExpert:
    return AskingExpert(build_llm("fake", base_url=base_url, max_concurrency=slots, max_retries=0))


def job(out: Path, count: int, **changes: Any) -> BatchJob:
    fields: dict[str, Any] = {
        "rows": lambda: (Row(n, product(n)) for n in range(1, count + 1)),
        "out": out,
        "fingerprint": {"workspace": "abc"},
        "known_categories": frozenset(CATEGORIES),
        "chunk_rows": 100,
    }
    return BatchJob(**{**fields, **changes})


def run(
    batch: BatchJob,
    general: Any,
    *,
    spending: Spending | None = None,
    task: Callable[..., RunSummary] = run_batch,
    one_in: int = HELD_BACK,
    slots: int = 4,
    **options: Any,
) -> RunSummary:
    spent = spending or Spending(PRICE, None, slots)
    classify = classifier(general, spent, slots=slots, one_in=one_in)
    return task(batch, classify, **{"stop": threading.Event(), "spending": spent, **options})
