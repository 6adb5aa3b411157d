"""Both experts on parts of the products: by status, locale, department, training points and class."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.auc import class_sizes
from evaluation.breakdown import accuracy_by_least_points, accuracy_by_points, point_bucket
from evaluation.classes import ClassFigures, class_scores
from evaluation.compare import gains
from evaluation.groups import GroupScores, scores_by_group
from evaluation.metrics import Truths
from evaluation.paired import mcnemar, paired_bootstrap
from evaluation.proportion import share_of
from evaluation.result import (
    Comparison,
    GroupFigures,
    LeastPointsFigures,
    PointsFigures,
    Status,
    StatusFigures,
)
from evaluation.rows import Answers, Columns


def comparison(columns: Columns, chosen: NDArray[np.bool_], seed: int) -> Comparison | None:
    """Accuracy on the products `chosen`, shape (n,); None where there are none."""
    if not chosen.any():
        return None
    domain, dual = columns.domain.right[chosen], columns.dual.right[chosen]
    steps = gains(domain, dual)
    (gain,) = paired_bootstrap(lambda drawn: [float(steps[drawn].mean())], len(steps), seed=seed)
    return Comparison(
        domain_expert=share_of(domain),
        dual_expert=share_of(dual),
        mcnemar=mcnemar(domain, dual),
        difference=gain,
    )


def status_figures(columns: Columns, statuses: Sequence[Status], status: Status) -> StatusFigures:
    """The products that ended with `status`."""
    chosen = np.array([own == status for own in statuses])
    some = bool(chosen.any())
    return StatusFigures(
        status=status,
        share=share_of(chosen),
        domain_expert=share_of(columns.domain.right[chosen]) if some else None,
        dual_expert=share_of(columns.dual.right[chosen]) if some else None,
    )


def group_figures(columns: Columns, names: Sequence[str]) -> tuple[GroupFigures, ...]:
    """By the group of each product, the largest first."""

    def scores(answers: Answers) -> dict[str, GroupScores]:
        return scores_by_group(names, columns.truths, answers.predictions, answers.confidences)

    domain, dual = scores(columns.domain), scores(columns.dual)
    return tuple(GroupFigures(name=n, domain_expert=domain[n], dual_expert=dual[n]) for n in domain)


def points_figures(
    columns: Columns, labels: Sequence[str], training_counts: Mapping[str, int]
) -> tuple[PointsFigures, ...]:
    """By the training products of each product's category `labels`, fewest first."""
    domain = accuracy_by_points(labels, columns.domain.right, training_counts)
    dual = accuracy_by_points(labels, columns.dual.right, training_counts)
    held = [point_bucket(training_counts.get(label, 0)) for label in set(labels)]
    return tuple(
        PointsFigures(name=n, domain_expert=domain[n], dual_expert=dual[n], categories=held.count(n))
        for n in domain
    )


def least_points_figures(
    columns: Columns, labels: Sequence[str], training_counts: Mapping[str, int]
) -> tuple[LeastPointsFigures, ...]:
    """By the least training products that a category must have to count, lowest first."""
    domain = accuracy_by_least_points(labels, columns.domain.right, training_counts)
    dual = accuracy_by_least_points(labels, columns.dual.right, training_counts)
    held = [training_counts.get(label, 0) for label in set(labels)]
    return tuple(
        LeastPointsFigures(
            least=least,
            domain_expert=domain[least],
            dual_expert=dual[least],
            categories=sum(points >= least for points in held),
        )
        for least in domain
    )


def class_figures(
    truths: Truths,
    domain: tuple[Sequence[str], Mapping[str, float]],
    dual: tuple[Sequence[str], Mapping[str, float]],
    training_counts: Mapping[str, int],
) -> tuple[ClassFigures, ...]:
    """Every true class, by name.

    Args:
        domain, dual: predictions of an expert, and its AUC by class.
    """
    sizes = class_sizes(truths)
    first, second = class_scores(truths, *domain), class_scores(truths, *dual)
    return tuple(
        ClassFigures(
            name=name,
            n=sizes[name],
            training_products=training_counts.get(name, 0),
            domain_expert=first[name],
            dual_expert=second[name],
        )
        for name in first
    )
