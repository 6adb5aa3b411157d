"""The whole evaluation: both experts on the same labelled products."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from catalog.product import PATH_SEPARATOR
from evaluation.breakdown import accuracy_by_group, accuracy_by_points, confused_pairs, point_bucket
from evaluation.calibration import (
    brier_score,
    confidence_histogram,
    confidence_log_loss,
    expected_calibration_error,
    reliability_bins,
)
from evaluation.coverage import coverage_area, coverage_at, coverage_curve, thinned
from evaluation.label_scores import CodedLabels, label_scores
from evaluation.metrics import accuracy, first_truth, hierarchical_scores, recall_at
from evaluation.paired import Difference, mcnemar, paired_bootstrap
from evaluation.proportion import share_of
from evaluation.result import (
    ComparedMetric,
    Comparison,
    Evaluation,
    ExpertFigures,
    GroupFigures,
    Mistake,
    PointsFigures,
    PromisedCoverage,
    Status,
    StatusFigures,
)
from evaluation.rows import Answers, Columns, EvaluationRow, columns_of

__all__ = ["Evaluation", "EvaluationRow", "evaluate"]

PROMISES = (0.9, 0.95, 0.99)
MISTAKES_KEPT = 50


def evaluate(
    rows: Sequence[EvaluationRow], training_counts: Mapping[str, int], *, seed: int = 0
) -> Evaluation:
    """Figures of the domain expert alone and of the dual expert on `rows`.

    Args:
        training_counts: training products by category path; a path not named has none.
        seed: of the bootstrap intervals.

    Raises:
        CatalogError: no rows, a row without a true path, or a confidence outside 0 to 1.
    """
    columns = columns_of(rows)
    labels = [first_truth(paths) for paths in columns.truths]
    return Evaluation(
        n=len(rows),
        categories=len(frozenset().union(*columns.truths)),
        ambiguous=sum(own != every for own, every in zip(columns.truths, columns.any_truths, strict=True)),
        domain_expert=_figures(columns, columns.domain),
        dual_expert=_figures(columns, columns.dual),
        differences=_differences(columns, seed),
        uncertain=_comparison(columns.domain.right, columns.dual.right, columns.uncertain, seed),
        statuses=tuple(_status(columns, rows, status) for status in get_args(Status)),
        points=_points(columns, labels, training_counts),
        locales=_groups(columns, [row.locale for row in rows]),
        departments=_groups(columns, [label.split(PATH_SEPARATOR, 1)[0] for label in labels]),
        confused=confused_pairs(columns.truths, columns.dual.predictions),
        mistakes=_mistakes(rows, columns),
    )


def _figures(columns: Columns, answers: Answers) -> ExpertFigures:
    curve = coverage_curve(answers.confidences, answers.right)
    return ExpertFigures(
        accuracy=share_of(answers.right),
        accuracy_any=accuracy(columns.any_truths, answers.predictions),
        labels=label_scores(columns.truths, answers.predictions),
        hierarchical=hierarchical_scores(columns.truths, answers.predictions),
        recall_at=recall_at(columns.truths, answers.rankings),
        ece=expected_calibration_error(answers.confidences, answers.right),
        brier=brier_score(answers.confidences, answers.right),
        log_loss=confidence_log_loss(answers.confidences, answers.right),
        reliability=reliability_bins(answers.confidences, answers.right),
        histogram=confidence_histogram(answers.confidences),
        coverage=thinned(curve),
        coverage_area=coverage_area(curve),
        coverage_at=tuple(PromisedCoverage(accuracy=a, coverage=coverage_at(curve, a)) for a in PROMISES),
    )


def _differences(columns: Columns, seed: int) -> dict[ComparedMetric, Difference]:
    domain = CodedLabels.of(columns.truths, columns.domain.predictions)
    dual = CodedLabels.of(columns.truths, columns.dual.predictions)
    steps = _steps(columns.domain.right, columns.dual.right)

    def gaps(drawn: NDArray[np.intp]) -> tuple[float, float, float]:
        first, second = domain.scores(drawn), dual.scores(drawn)
        weighted, macro = second.weighted.f1 - first.weighted.f1, second.macro.f1 - first.macro.f1
        return float(steps[drawn].mean()), weighted, macro

    accuracies, weighted_f1, macro_f1 = paired_bootstrap(gaps, len(steps), seed=seed)
    return {"accuracy": accuracies, "weighted_f1": weighted_f1, "macro_f1": macro_f1}


def _steps(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """1 where only the second is right, -1 where only the first is, else 0."""
    return second.astype(np.float64) - first


def _comparison(
    first: NDArray[np.bool_], second: NDArray[np.bool_], chosen: NDArray[np.bool_], seed: int
) -> Comparison | None:
    if not chosen.any():
        return None
    domain, dual = first[chosen], second[chosen]
    steps = _steps(domain, dual)
    (gain,) = paired_bootstrap(lambda drawn: [float(steps[drawn].mean())], len(steps), seed=seed)
    return Comparison(
        domain_expert=share_of(domain),
        dual_expert=share_of(dual),
        mcnemar=mcnemar(domain, dual),
        difference=gain,
    )


def _status(columns: Columns, rows: Sequence[EvaluationRow], status: Status) -> StatusFigures:
    chosen = np.array([row.status == status for row in rows])
    some = bool(chosen.any())
    return StatusFigures(
        status=status,
        share=share_of(chosen),
        domain_expert=share_of(columns.domain.right[chosen]) if some else None,
        dual_expert=share_of(columns.dual.right[chosen]) if some else None,
    )


def _groups(columns: Columns, names: Sequence[str]) -> tuple[GroupFigures, ...]:
    domain = accuracy_by_group(names, columns.domain.right)
    dual = accuracy_by_group(names, columns.dual.right)
    return tuple(GroupFigures(name=n, domain_expert=domain[n], dual_expert=dual[n]) for n in domain)


def _points(
    columns: Columns, labels: Sequence[str], training_counts: Mapping[str, int]
) -> tuple[PointsFigures, ...]:
    domain = accuracy_by_points(labels, columns.domain.right, training_counts)
    dual = accuracy_by_points(labels, columns.dual.right, training_counts)
    held = [point_bucket(training_counts.get(label, 0)) for label in set(labels)]
    return tuple(
        PointsFigures(name=n, domain_expert=domain[n], dual_expert=dual[n], categories=held.count(n))
        for n in domain
    )


def _mistakes(rows: Sequence[EvaluationRow], columns: Columns) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(~columns.dual.right).tolist()
    surest = sorted(wrong, key=lambda i: (-columns.dual.confidences[i], rows[i].product_id))
    return tuple(_mistake(rows[i], columns.any_truths[i]) for i in surest[:MISTAKES_KEPT])


def _mistake(row: EvaluationRow, any_truths: frozenset[str]) -> Mistake:
    return Mistake(
        product_id=row.product_id,
        title=row.title,
        locale=row.locale,
        truths=row.truths,
        prediction=row.prediction,
        confidence=row.confidence,
        status=row.status,
        also_listed=row.prediction in any_truths,
    )
