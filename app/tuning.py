"""Fit how much the general expert counts, on the validation rows that the gate holds back."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np

from agents.case import Case, Definition, Recommendation
from agents.fusion import FEATURES, PRIORS, FusionRecord, Fusions
from agents.general_expert import GeneralExpert, RankedCase
from agents.summarizer import Summarizer
from app.validation import ValidationRow, groups_of
from catalog.errors import LLMError, LLMUnavailable, WorkspaceError
from catalog.product import Product
from catalog.progress import Progress
from evaluation.calibration import expected_calibration_error
from graph.context import Experts
from retrieval.gate import Gate
from retrieval.workspace import write_json
from training.general import fit_general

Drawn = TypeVar("Drawn")

MIN_CASES = 10
_SHUT_SHARE = 0.2


@dataclass(frozen=True)
class _Answered:
    case: Case
    ranked: RankedCase


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


def sampled(rows: Sequence[Drawn], cases: int, seed: int) -> list[Drawn]:
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
    cases = cases_of([row.product for row in rows], experts, top_k, progress)
    answered, failed = _ask(expert, cases, concurrency, progress)
    settled = _ask_again(expert, answered, concurrency, seed, progress)
    record = _fit(expert, settled, seed)
    write_json(path, Fusions(fits={**Fusions.load(path).fits, expert.key: record}))
    return Tuning(expert.key, record, failed)


def cases_of(
    products: Sequence[Product],
    experts: Experts,
    top_k: int,
    progress: Progress,
) -> list[Case]:
    """What the general expert is asked about these products; missing definitions are written."""
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
    with progress.task("defining", len(ids)) as advance:
        definitions = summarizer.definitions(list(ids))
        advance(len(ids))
    return {d.category_id: d for d in definitions}


def _definitions_of(
    recommendation: Recommendation, definitions: dict[str, Definition]
) -> tuple[Definition, ...]:
    return tuple(
        definitions[c.category_id] for c in recommendation.candidates if c.category_id in definitions
    )


def _ask(
    expert: GeneralExpert, cases: Sequence[Case], concurrency: int, progress: Progress
) -> tuple[list[_Answered], int]:
    """Cases with their features, and how many the model failed on; these are left out."""
    reasons: list[str] = []

    def features(case: Case) -> RankedCase | None:
        try:
            return expert.features(case)
        except LLMError as error:
            reasons.append(str(error))
            return None

    with progress.task("deliberating", len(cases)) as advance, ThreadPoolExecutor(concurrency) as pool:
        answered = []
        for case, ranked in zip(cases, pool.map(features, cases), strict=True):
            if ranked is not None:
                answered.append(_Answered(case, ranked))
            advance(1)
    if len(answered) < MIN_CASES:
        raise LLMUnavailable(
            f"{expert.model!r} answered {len(answered)} of {len(cases)} cases; fitting needs {MIN_CASES}. "
            f"Last failure: {reasons[-1]}",
            fix="Mend what the failure names, then run it again.",
        )
    return answered, len(reasons)


def _ask_again(
    expert: GeneralExpert, answered: Sequence[_Answered], concurrency: int, seed: int, progress: Progress
) -> list[_Answered]:
    """Near ties under a first fit are asked again, as they will be when the fit is in use."""
    choice = _fit(expert, answered, seed).choice
    with (
        progress.task("asking near ties again", len(answered)) as advance,
        ThreadPoolExecutor(concurrency) as pool,
    ):
        settled = []
        for one in pool.map(lambda a: _Answered(a.case, expert.settle(a.case, a.ranked, choice)), answered):
            settled.append(one)
            advance(1)
    return settled


def _fit(expert: GeneralExpert, answered: Sequence[_Answered], seed: int) -> FusionRecord:
    fit = fit_general(
        FEATURES[expert.kind],
        [one.ranked.features for one in answered],
        [_right(one.case) for one in answered],
        [one.case.recommendation.confidence for one in answered],
        prior=PRIORS[expert.kind],
        seed=seed,
    )
    return FusionRecord(
        choice=fit.choice,
        surety=fit.surety,
        rows=fit.rows,
        domain_accuracy=fit.domain_accuracy,
        fused_accuracy=fit.fused_accuracy,
        kept_domain=fit.kept_domain,
        ece_fused=expected_calibration_error(fit.fused, fit.right),
        ece=expected_calibration_error(fit.confidences, fit.right),
        asked_again=sum(one.ranked.extra_calls > 0 for one in answered),
    )


def _right(case: Case) -> np.typing.NDArray[np.bool_]:
    truths = case.product.category_paths
    return np.asarray([c.category_path in truths for c in case.recommendation.candidates])
