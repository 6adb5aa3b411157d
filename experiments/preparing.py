"""Cases as the general expert gets them: with candidates, neighbours and the definitions that stand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.case import Case, Recommendation
from agents.definitions.store import DefinitionStore
from agents.domain_expert import DomainExpert
from catalog.chunks import chunked
from catalog.product import Product
from catalog.progress import Progress
from evaluation.breakdown import point_bucket
from experiments.cases import LabelledCase
from experiments.result import CaseResult
from experiments.trial import Trial

_CHUNK = 1024
_NOT_ASKED = Trial(error="not asked: the comparison was stopped")


@dataclass(frozen=True)
class Prepared:
    """Attributes:
    undefined: candidates of all cases that have no definition.
    """

    cases: list[Case]
    undefined: int


def recommended(
    products: Sequence[Product], expert: DomainExpert, top_k: int, progress: Progress
) -> list[Recommendation]:
    """The domain expert's answers, chunk by chunk."""
    found: list[Recommendation] = []
    with progress.task("recommending", len(products)) as advance:
        for chunk in chunked(products, _CHUNK):
            found += expert(chunk, k=top_k)
            advance(len(chunk))
    return found


def prepared(
    labelled: Sequence[LabelledCase], recommendations: Sequence[Recommendation], store: DefinitionStore
) -> Prepared:
    """Nothing is written: a comparison must not change the workspace that it measures."""
    ids = dict.fromkeys(c.category_id for r in recommendations for c in r.candidates)
    definitions = store.get(ids)
    cases = [
        Case(
            product=case.product,
            recommendation=recommendation,
            definitions=tuple(
                definitions[c.category_id] for c in recommendation.candidates if c.category_id in definitions
            ),
        )
        for case, recommendation in zip(labelled, recommendations, strict=True)
    ]
    missing = sum(len(case.recommendation.candidates) - len(case.definitions) for case in cases)
    return Prepared(cases, missing)


def training_counts(expert: DomainExpert) -> Counter[str]:
    """Training products by category path."""
    taxonomy = expert.taxonomy
    return Counter(taxonomy[int(position)].category_path for position in expert.examples.positions)


def case_results(
    labelled: Sequence[LabelledCase],
    cases: Sequence[Case],
    trials: Mapping[str, Sequence[Sequence[Trial | None]]],
    counts: Mapping[str, int],
) -> list[CaseResult]:
    """What everybody said; trials that were not asked count as errors.

    Args:
        trials: by contestant, case and repeat.
        counts: training products by category path.
    """
    return [
        CaseResult(
            product_id=one.product.product_id,
            title=one.product.title,
            text=" ".join(filter(None, [one.product.brand, one.product.body])).strip(),
            locale=one.product.locale,
            department=one.department,
            size=point_bucket(counts.get(one.truth[0], 0)),
            origin=one.origin,
            truth=one.truth,
            reachable=any(c.category_path in one.truth for c in case.recommendation.candidates),
            domain=case.recommendation.candidates[0].category_path,
            trials={
                label: tuple(t or _NOT_ASKED for t in by_case[place]) for label, by_case in trials.items()
            },
        )
        for place, (one, case) in enumerate(zip(labelled, cases, strict=True))
    ]
