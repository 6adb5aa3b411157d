"""Fit how much the general expert counts, on the validation rows that the gate holds back."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from agents.case import Case, Definition, Recommendation
from agents.fusion import FEATURES, PRIORS, FusionRecord, Fusions
from agents.general_expert import GeneralExpert, RankedCase
from agents.summarizer import Summarizer
from app.validation import ValidationRow, groups_of
from catalog.errors import LLMError, LLMUnavailable, WorkspaceError
from catalog.product import Product
from catalog.progress import Progress
from graph.context import Experts
from retrieval.gate import Gate
from retrieval.workspace import write_json
from training.general import fit_general

MIN_CASES = 10
_SHUT_SHARE = 0.2


@dataclass(frozen=True)
class Tuning:
    """Attributes:
    key: under which `general.json` keeps the record.
    failed: cases the general expert gave no answer to; they are left out.
    """

    key: str
    record: FusionRecord
    failed: int


def held_back(rows: Sequence[ValidationRow], gate: Gate) -> list[ValidationRow]:
    """The rows that the gate does not accept; the least sure fifth while it is shut."""
    if gate.is_open:
        pairs = zip(rows, groups_of(rows, gate.per), strict=True)
        return [row for row, group in pairs if not gate.accepts(row.confidence, group)]
    least_sure = sorted(rows, key=lambda row: row.confidence)
    return least_sure[: math.ceil(_SHUT_SHARE * len(rows))]


def sampled(rows: Sequence[ValidationRow], cases: int, seed: int) -> list[ValidationRow]:
    """At most `cases` rows, drawn at random, in their order."""
    if len(rows) <= cases:
        return list(rows)
    return [rows[i] for i in sorted(Random(seed).sample(range(len(rows)), cases))]


def tune(
    rows: Sequence[ValidationRow],
    experts: Experts,
    path: Path,
    *,
    top_k: int,
    concurrency: int,
    seed: int,
    progress: Progress,
) -> Tuning:
    """Ask the general expert about these rows, fit the fusion and write it into `path`.

    Args:
        rows: held back by the gate.
        experts: with a general expert.
        concurrency: cases asked at once.

    Raises:
        WorkspaceError: too few rows to fit on.
        LLMUnavailable: too few rows were answered.
    """
    if len(rows) < MIN_CASES:
        raise WorkspaceError(
            f"The gate holds back {len(rows)} validation rows; fitting needs {MIN_CASES}.",
            fix="Train with more labelled rows, or raise `dual-expert gate --target-accuracy`.",
        )
    expert = experts.general_expert
    if expert is None:
        raise RuntimeError("`tune` was called without a general expert")
    cases = _cases([row.product for row in rows], experts, top_k, progress)
    answers = _ask(expert, cases, concurrency, progress)
    record = _fit(expert, cases, answers, seed)
    write_json(path, Fusions(fits={**Fusions.load(path).fits, expert.key: record}))
    return Tuning(expert.key, record, failed=sum(answer is None for answer in answers))


def _cases(
    products: Sequence[Product],
    experts: Experts,
    top_k: int,
    progress: Progress,
) -> list[Case]:
    with progress.task("recommending", len(products)) as advance:
        recommendations = experts.domain_expert(products, k=top_k)
        advance(len(products))
    definitions = _definitions(recommendations, experts.summarizer, progress)
    pairs = zip(products, recommendations, strict=True)
    return [
        Case(product=product, recommendation=r, definitions=_definitions_of(r, definitions))
        for product, r in pairs
    ]


def _definitions(
    recommendations: Sequence[Recommendation], summarizer: Summarizer | None, progress: Progress
) -> dict[str, Definition]:
    """By category id; none without a summarizer, as the selector has none."""
    if summarizer is None:
        return {}
    ids = dict.fromkeys(c.category_id for r in recommendations for c in r.candidates)
    return {d.category_id: d for d in summarizer.definitions(list(ids), progress=progress)}


def _definitions_of(
    recommendation: Recommendation, definitions: dict[str, Definition]
) -> tuple[Definition, ...]:
    return tuple(
        definitions[c.category_id] for c in recommendation.candidates if c.category_id in definitions
    )


def _ask(
    expert: GeneralExpert, cases: Sequence[Case], concurrency: int, progress: Progress
) -> list[RankedCase | None]:
    """The features of each case; None where the model failed."""
    reasons: list[str] = []

    def features(case: Case) -> RankedCase | None:
        try:
            return expert.features(case)
        except LLMError as error:
            reasons.append(str(error))
            return None

    with progress.task("deliberating", len(cases)) as advance, ThreadPoolExecutor(concurrency) as pool:
        answers = []
        for answer in pool.map(features, cases):
            answers.append(answer)
            advance(1)
    answered = len(cases) - len(reasons)
    if answered < MIN_CASES:
        raise LLMUnavailable(
            f"{expert.model!r} answered {answered} of {len(cases)} cases; fitting needs {MIN_CASES}. "
            f"Last failure: {reasons[-1]}",
            fix="Mend what the failure names, then run it again.",
        )
    return answers


def _fit(
    expert: GeneralExpert, cases: Sequence[Case], answers: Sequence[RankedCase | None], seed: int
) -> FusionRecord:
    answered = [(case, answer) for case, answer in zip(cases, answers, strict=True) if answer]
    fit = fit_general(
        FEATURES[expert.strategy],
        [answer.features for _, answer in answered],
        [_right(case) for case, _ in answered],
        prior=PRIORS[expert.strategy],
        seed=seed,
    )
    return FusionRecord(
        choice=fit.choice,
        rows=fit.rows,
        domain_accuracy=fit.domain_accuracy,
        fused_accuracy=fit.fused_accuracy,
        kept_domain=fit.kept_domain,
    )


def _right(case: Case) -> np.typing.NDArray[np.bool_]:
    truths = case.product.category_paths
    return np.asarray([c.category_path in truths for c in case.recommendation.candidates])
