import pytest
from sklearn.metrics import precision_recall_fscore_support

from evaluation.classes import ClassFigures, ClassScores, class_scores, worst_classes


def test_each_class_scores_as_in_scikit_learn() -> None:
    truths, predictions = list("AABBBC"), list("ABBBAD")
    found = class_scores([frozenset(label) for label in truths], predictions, {"A": 0.7})
    expected = precision_recall_fscore_support(truths, predictions, labels=list("ABC"), zero_division=0)
    assert list(found) == ["A", "B", "C"]
    for name, *scores in zip("ABC", *expected[:3], strict=True):
        part = found[name]
        assert (part.precision, part.recall, part.f1) == pytest.approx(tuple(scores))
    assert (found["A"].auc, found["B"].auc) == (0.7, None)
    assert (found["B"].right, found["B"].answered) == (2, 3)


def test_a_class_that_never_is_the_counted_one_scores_nothing() -> None:
    found = class_scores([frozenset("AB")], ["A"], {})
    assert (found["A"].f1, found["B"].f1, found["B"].answered) == (1.0, 0.0, 0)


def figures(name: str, n: int, auc: float | None, f1: float) -> ClassFigures:
    part = ClassScores(right=0, answered=0, precision=0.0, recall=0.0, f1=f1, auc=auc)
    return ClassFigures(name=name, n=n, training_products=0, domain_expert=part, dual_expert=part)


def test_the_worst_have_the_lowest_auc_then_f1_then_most_products() -> None:
    parts = [
        figures("perfect", 9, None, 1.0),
        figures("larger", 8, 0.6, 0.3),
        figures("smaller", 7, 0.6, 0.3),
        figures("low f1", 6, 0.6, 0.2),
        figures("tiny", 4, 0.1, 0.0),
    ]
    assert [part.name for part in worst_classes(parts, keep=3)] == ["low f1", "larger", "smaller"]
    assert worst_classes(parts)[-1].name == "perfect"


def test_small_classes_are_shown_where_there_are_no_others() -> None:
    assert [part.name for part in worst_classes([figures("tiny", 1, 0.1, 0.0)])] == ["tiny"]
