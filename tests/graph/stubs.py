"""Stand-ins for the experts, for tests of routing and faults; no accuracy is read from them."""

from collections.abc import Sequence

from agents.case import Candidate, Case, Definition, Deliberation, Reasoning, Recommendation
from catalog.product import Product
from retrieval.gate import Gate

CATEGORIES = ("a", "b", "c")


def open_gate(threshold: float | None = 0.8, review_below: float = 0.3) -> Gate:
    return Gate(
        threshold=threshold,
        target_accuracy=0.9,
        confidence=0.9,
        rows=1,
        coverage=1,
        accuracy=1,
        lower_bound=1,
        review_below=review_below,
    )


class StubDomainExpert:
    """Confidence is what the title says: `Product("x", title="0.93")`."""

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def __call__(self, products: Sequence[Product], *, k: int = 10) -> list[Recommendation]:
        self.chunks.append(len(products))
        return [
            Recommendation(
                candidates=tuple(
                    Candidate(category_id=c, category_path=c.upper(), score=s, source="head")
                    for c, s in list(zip(CATEGORIES, (0.5, 0.3, 0.1), strict=True))[:k]
                ),
                confidence=float(p.title),
            )
            for p in products
        ]


class StubSummarizer:
    def definitions(self, category_ids: Sequence[str], *, progress: object = None) -> list[Definition]:
        del progress
        return [
            Definition(
                category_id=i,
                category_path=i.upper(),
                text=i,
                method="extractive",
                terms=(),
                example_ids=(),
                sibling_ids=(),
                model="stub",
                prompt="p",
                version=1,
                inputs_hash="h",
            )
            for i in category_ids
        ]


class StubGeneralExpert:
    """Prefers candidate `b`, or raises what it is told to."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error
        self.cases: list[Case] = []

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        self.cases.append(case)
        if self._error is not None:
            raise self._error
        return Deliberation(
            scores=(0.0, 1.0, 0.0),
            probabilities=(0.2, 0.7, 0.1),
            reasoning=Reasoning(
                clues=(case.product.title, "not in the text"),
                user="u",
                use_case="c",
                ranking=("b", "a", "c"),
                reason="because" if explain else "",
            ),
            definitions=(),
            prompt="general_expert/rank.v1",
            model="stub",
            tokens_in=10,
            tokens_out=5,
        )

    def failed(self, case: Case, error: str) -> Deliberation:
        del case
        return Deliberation(
            scores=(),
            probabilities=(),
            reasoning=None,
            definitions=(),
            prompt="general_expert/rank.v1",
            model="stub",
            error=error,
        )
