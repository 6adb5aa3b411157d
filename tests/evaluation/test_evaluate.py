from collections.abc import Callable
from dataclasses import replace

import pytest

from catalog.errors import CatalogError
from evaluation.evaluate import Evaluation, EvaluationRow, evaluate

RIGHT, WRONG = "Toys > Snow > Clippers", "Toys > Beach > Buckets"
COUNTS = {RIGHT: 120, WRONG: 3}


def rounded(value: object) -> object:
    """`value` without the last digits, which depend on the order of summing."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [rounded(part) for part in value]
    return round(value, 9) if isinstance(value, float) else value


@pytest.fixture(scope="module")
def found(mixed_rows: list[EvaluationRow]) -> Evaluation:
    return evaluate(mixed_rows, COUNTS)


def test_both_experts_have_their_figures(found: Evaluation) -> None:
    assert (found.n, found.categories, found.ambiguous) == (10, 2, 1)
    assert (found.domain_expert.accuracy.right, found.dual_expert.accuracy.right) == (6, 7)
    assert (found.domain_expert.accuracy_any.right, found.dual_expert.accuracy_any.right) == (7, 8)
    assert found.dual_expert.recall_at[1].right == 7
    assert found.dual_expert.recall_at[3].right == 9
    assert found.dual_expert.coverage[-1].accuracy == 0.7
    assert sum(found.dual_expert.histogram) == 10


def test_the_uncertain_part_compares_both(found: Evaluation) -> None:
    part = found.uncertain
    assert part is not None
    assert (part.domain_expert.right, part.dual_expert.right, part.dual_expert.n) == (1, 2, 4)
    assert (part.mcnemar.only_first, part.mcnemar.only_second) == (1, 2)
    assert part.mcnemar.p == 1.0
    assert part.difference.value == pytest.approx(0.25)


def test_nothing_uncertain_is_none(make_row: Callable[..., EvaluationRow]) -> None:
    assert evaluate([make_row()], COUNTS).uncertain is None


def test_the_differences_are_those_of_the_figures(found: Evaluation) -> None:
    dual, domain = found.dual_expert, found.domain_expert
    gaps = {
        "accuracy": dual.accuracy.value - domain.accuracy.value,
        "weighted_f1": dual.labels.weighted.f1 - domain.labels.weighted.f1,
        "macro_f1": dual.labels.macro.f1 - domain.labels.macro.f1,
    }
    assert {name: part.value for name, part in found.differences.items()} == pytest.approx(gaps)
    assert all(part.low <= part.value <= part.high for part in found.differences.values())


def test_every_status_is_listed(found: Evaluation) -> None:
    assert [(part.status, part.share.right) for part in found.statuses] == [
        ("accepted", 6),
        ("deliberated", 3),
        ("degraded", 0),
        ("review", 1),
    ]
    degraded = found.statuses[2]
    assert degraded.domain_expert is None
    assert degraded.dual_expert is None
    assert found.statuses[0].dual_expert is not None
    assert found.statuses[0].dual_expert.right == 5


def test_groups_hold_both_experts(found: Evaluation) -> None:
    for parts, sizes in (
        (found.locales, [("en-US", 9), ("de-DE", 1)]),
        (found.departments, [("Toys", 9), ("Games", 1)]),
    ):
        assert [(part.name, part.dual_expert.accuracy.n) for part in parts] == sizes
    assert [(part.name, part.categories, part.domain_expert.right) for part in found.points] == [
        ("0", 1, 0),
        ("100+", 1, 6),
    ]


def test_departments_classes_and_levels_are_seen_by_themselves(found: Evaluation) -> None:
    assert [(pair.truth, pair.prediction, pair.count) for pair in found.confused_departments] == [
        ("Toys", "Toys", 9),
        ("Games", "Toys", 1),
    ]
    assert [(part.name, part.n, part.training_products) for part in found.classes] == [
        ("Games > Cards", 1, 0),
        (RIGHT, 9, 120),
    ]
    levels = found.dual_expert.levels
    assert [part.weighted.recall for part in levels.levels] == [0.9, 0.7, 0.7]
    assert levels.levels[2] == found.dual_expert.labels
    assert [part.least for part in found.least_points] == [0, 1, 5, 10, 20, 50, 100]


def test_each_expert_is_ranked_by_its_own_scores(make_row: Callable[..., EvaluationRow]) -> None:
    """The domain expert scores the other product's class higher on both; the dual expert lower."""
    swapped = {"domain_ranking": (WRONG, RIGHT), "ranking": (WRONG, RIGHT)}
    other = make_row(truths=(WRONG,), prediction=WRONG, **swapped)
    found = evaluate([make_row(domain_scores=(0.1, 0.2)), replace(other, domain_scores=(0.1, 0.2))], COUNTS)
    assert found.domain_expert.auc is not None
    assert found.dual_expert.auc is not None
    assert (found.domain_expert.auc.macro, found.dual_expert.auc.macro) == (0.0, 1.0)


def test_mistakes_come_surest_first_and_know_of_doubtful_labels(found: Evaluation) -> None:
    assert [(part.product_id, part.also_listed) for part in found.mistakes] == [
        ("sure-but-wrong", True),
        ("spoilt", False),
        ("lost", False),
    ]
    assert [(pair.truth, pair.prediction, pair.count) for pair in found.confused] == [
        (RIGHT, WRONG, 2),
        ("Games > Cards", WRONG, 1),
    ]


def test_at_most_fifty_mistakes_are_kept(make_row: Callable[..., EvaluationRow]) -> None:
    rows = [make_row(product_id=f"p{i:03}", prediction=WRONG, confidence=i / 100) for i in range(60)]
    mistakes = evaluate(rows, COUNTS).mistakes
    assert [part.product_id for part in mistakes] == [f"p{i:03}" for i in range(59, 9, -1)]


def test_it_goes_to_json_and_back(found: Evaluation) -> None:
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def test_neither_order_of_rows_nor_of_paths_matters(
    mixed_rows: list[EvaluationRow], found: Evaluation
) -> None:
    turned = evaluate([replace(row, any_truths=row.any_truths[::-1]) for row in reversed(mixed_rows)], COUNTS)
    bootstrapped = {"differences", "uncertain"}
    assert rounded(turned.model_dump(exclude=bootstrapped)) == rounded(found.model_dump(exclude=bootstrapped))


def test_the_same_seed_gives_the_same_intervals(mixed_rows: list[EvaluationRow]) -> None:
    assert evaluate(mixed_rows, COUNTS, seed=1) == evaluate(mixed_rows, COUNTS, seed=1)


def test_no_rows_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        evaluate([], {})
