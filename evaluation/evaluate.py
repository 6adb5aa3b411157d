"""The whole evaluation: both experts on the same labelled products."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np

from evaluation.auc import class_aucs, class_sizes, mean_auc
from evaluation.breakdown import confused_pairs, confusion_counts
from evaluation.calibration import (
    brier_score,
    confidence_histogram,
    confidence_log_loss,
    expected_calibration_error,
    reliability_bins,
)
from evaluation.compare import compare
from evaluation.coverage import coverage_area, coverage_at, coverage_curve, thinned
from evaluation.label_scores import label_scores
from evaluation.levels import cut, level_scores
from evaluation.metrics import accuracy, first_truth, hierarchical_scores, recall_at
from evaluation.proportion import share_of
from evaluation.result import Evaluation, ExpertFigures, Mistake, PromisedCoverage, Status
from evaluation.rows import Answers, Columns, EvaluationRow, columns_of
from evaluation.side_by_side import (
    class_figures,
    comparison,
    group_figures,
    least_points_figures,
    points_figures,
    status_figures,
)

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
        CatalogError: no rows, or one that makes no sense; see `rows.columns_of`.
    """
    columns = columns_of(rows)
    truths, domain, dual = columns.truths, columns.domain, columns.dual
    labels = [first_truth(paths) for paths in truths]
    statuses = [row.status for row in rows]
    domain_aucs, dual_aucs = _aucs(columns, domain), _aucs(columns, dual)
    by_class = (domain.predictions, domain_aucs), (dual.predictions, dual_aucs)
    return Evaluation(
        n=len(rows),
        categories=len(frozenset().union(*truths)),
        ambiguous=sum(own != every for own, every in zip(truths, columns.any_truths, strict=True)),
        domain_expert=_figures(columns, domain, domain_aucs),
        dual_expert=_figures(columns, dual, dual_aucs),
        differences=compare(truths, domain.predictions, dual.predictions, seed=seed),
        uncertain=comparison(columns, columns.uncertain, seed),
        statuses=tuple(status_figures(columns, statuses, status) for status in get_args(Status)),
        points=points_figures(columns, labels, training_counts),
        least_points=least_points_figures(columns, labels, training_counts),
        locales=group_figures(columns, [row.locale for row in rows]),
        departments=group_figures(columns, [cut(label, 1) for label in labels]),
        confused_departments=confusion_counts(
            [frozenset(cut(path, 1) for path in paths) for paths in truths],
            [cut(path, 1) for path in dual.predictions],
        ),
        classes=class_figures(truths, *by_class, training_counts),
        confused=confused_pairs(truths, dual.predictions),
        mistakes=_mistakes(rows, columns),
    )


def _aucs(columns: Columns, answers: Answers) -> dict[str, float]:
    return class_aucs(columns.truths, answers.rankings, answers.scores)


def _figures(columns: Columns, answers: Answers, aucs: Mapping[str, float]) -> ExpertFigures:
    curve = coverage_curve(answers.confidences, answers.right)
    return ExpertFigures(
        accuracy=share_of(answers.right),
        accuracy_any=accuracy(columns.any_truths, answers.predictions),
        labels=label_scores(columns.truths, answers.predictions),
        levels=level_scores(columns.truths, answers.predictions),
        hierarchical=hierarchical_scores(columns.truths, answers.predictions),
        auc=mean_auc(aucs, class_sizes(columns.truths)),
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
