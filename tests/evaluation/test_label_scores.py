import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from catalog.errors import CatalogError
from evaluation.label_scores import CodedLabels, label_scores
from evaluation.metrics import Scores

PAIRS = st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), min_size=1, max_size=60)


def sklearn_scores(
    truths: list[str], predictions: list[str], average: str, labels: list[str] | None = None
) -> tuple[float, ...]:
    scores = precision_recall_fscore_support(
        truths, predictions, labels=labels, average=average, zero_division=0
    )
    return tuple(float(value) for value in scores[:3])


def as_tuple(scores: Scores) -> tuple[float, float, float]:
    return scores.precision, scores.recall, scores.f1


@given(PAIRS)
def test_single_labels_score_as_in_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truths, predictions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    scores = label_scores([frozenset({label}) for label in truths], predictions)
    assert as_tuple(scores.weighted) == pytest.approx(sklearn_scores(truths, predictions, "weighted"))
    assert as_tuple(scores.macro) == pytest.approx(sklearn_scores(truths, predictions, "macro"))
    assert scores.classes == len({*truths, *predictions})
    held = sorted(set(truths))
    assert as_tuple(scores.macro_true) == pytest.approx(sklearn_scores(truths, predictions, "macro", held))
    assert scores.true_classes == len(held)


def test_an_answer_without_products_costs_macro_f1_a_class() -> None:
    scores = label_scores([frozenset("A"), frozenset("A")], ["A", "Z"])
    assert scores.macro.f1 == pytest.approx(scores.macro_true.f1 / 2)
    assert (scores.classes, scores.true_classes) == (2, 1)


@given(PAIRS, st.integers(0, 5))
def test_a_resample_scores_like_its_own_products(pairs: list[tuple[str, str]], seed: int) -> None:
    truths = [frozenset({pair[0]}) for pair in pairs]
    predictions = [pair[1] for pair in pairs]
    rows = np.random.default_rng(seed).integers(len(pairs), size=len(pairs))
    drawn = label_scores([truths[i] for i in rows], [predictions[i] for i in rows])
    expected = (drawn.weighted.f1, drawn.macro.f1)
    assert CodedLabels.of(truths, predictions).mean_f1(rows) == pytest.approx(expected)


def test_a_right_one_of_several_paths_counts_as_the_label() -> None:
    """`B` is right for the second product, so its label is `B`; the third is wrong and counts as `A`."""
    scores = label_scores([frozenset("A"), frozenset("AB"), frozenset("AB")], ["A", "B", "C"])
    assert as_tuple(scores.weighted) == pytest.approx(
        sklearn_scores(["A", "B", "A"], ["A", "B", "C"], "weighted")
    )


def test_all_right_is_one() -> None:
    scores = label_scores([frozenset("A"), frozenset("B")], ["A", "B"])
    assert as_tuple(scores.macro) == as_tuple(scores.weighted) == (1.0, 1.0, 1.0)


def test_no_products_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        label_scores([], [])
