from collections.abc import Callable

import pytest

from catalog.errors import CatalogError
from evaluation.rows import EvaluationRow, columns_of

RowFactory = Callable[..., EvaluationRow]


def test_rows_are_turned_round(mixed_rows: list[EvaluationRow]) -> None:
    columns = columns_of(mixed_rows)
    assert columns.domain.right.tolist() == [True] * 5 + [False] * 3 + [True, False]
    assert columns.dual.right.tolist() == [True] * 5 + [False] + [True] * 2 + [False] * 2
    assert columns.uncertain.tolist() == [False] * 6 + [True] * 4


def test_own_paths_are_always_among_any_paths(make_row: RowFactory) -> None:
    columns = columns_of([make_row(truths=("A",), any_truths=("B",))])
    assert columns.any_truths == (frozenset("AB"),)


def test_a_product_without_a_true_path_is_named(make_row: RowFactory) -> None:
    with pytest.raises(CatalogError, match=r"'p9' has no true path in `truths`"):
        columns_of([make_row(), make_row(product_id="p9", truths=())])


def test_an_impossible_confidence_is_refused(make_row: RowFactory) -> None:
    with pytest.raises(CatalogError, match=r"`confidences\[0\]` is nan"):
        columns_of([make_row(confidence=float("nan"))])


@pytest.mark.parametrize("scores", [(0.5,), (0.5, float("nan"))])
def test_scores_must_fit_the_candidates(make_row: RowFactory, scores: tuple[float, ...]) -> None:
    with pytest.raises(CatalogError, match=r"'p1' has 2 candidates and `domain_scores`"):
        columns_of([make_row(domain_scores=scores)])
    with pytest.raises(CatalogError, match=r"'p1' has 2 candidates and `scores`"):
        columns_of([make_row(scores=scores)])
