from collections.abc import Callable

import numpy as np

from evaluation.rows import EvaluationRow, columns_of
from evaluation.side_by_side import class_figures, comparison, group_figures, least_points_figures

RIGHT = "Toys > Snow > Clippers"


def test_the_minimum_of_points_leaves_out_smaller_categories(mixed_rows: list[EvaluationRow]) -> None:
    labels = [row.truths[0] for row in mixed_rows]
    found = least_points_figures(columns_of(mixed_rows), labels, {RIGHT: 12})
    assert [(part.least, part.categories, part.domain_expert.n) for part in found] == [
        (0, 2, 10),
        (1, 1, 9),
        (5, 1, 9),
        (10, 1, 9),
    ]
    assert (found[0].dual_expert.right, found[3].dual_expert.right) == (7, 7)


def test_groups_have_the_confidences_of_their_own_expert(mixed_rows: list[EvaluationRow]) -> None:
    german = group_figures(columns_of(mixed_rows), [row.locale for row in mixed_rows])[1]
    assert (german.name, german.domain_expert.confidence, german.dual_expert.confidence) == (
        "de-DE",
        0.5,
        0.6,
    )
    assert (german.domain_expert.ece, german.dual_expert.ece) == (0.5, 0.6)


def test_classes_tell_what_there_was_to_learn_from(mixed_rows: list[EvaluationRow]) -> None:
    columns = columns_of(mixed_rows)
    domain = (columns.domain.predictions, {RIGHT: 0.9})
    dual = (columns.dual.predictions, {RIGHT: 0.95})
    cards, clippers = class_figures(columns.truths, domain, dual, {RIGHT: 12})
    assert (cards.name, cards.n, cards.training_products, cards.dual_expert.auc) == (
        "Games > Cards",
        1,
        0,
        None,
    )
    assert (clippers.n, clippers.training_products) == (9, 12)
    assert (clippers.domain_expert.auc, clippers.dual_expert.auc) == (0.9, 0.95)
    assert (clippers.domain_expert.right, clippers.dual_expert.right) == (6, 7)


def test_nothing_chosen_is_nothing_compared(make_row: Callable[..., EvaluationRow]) -> None:
    columns = columns_of([make_row(), make_row()])
    assert comparison(columns, np.array([False, False]), seed=0) is None
    both = comparison(columns, np.array([True, True]), seed=0)
    assert both is not None
    assert (both.dual_expert.right, both.difference.p) == (2, 1.0)
