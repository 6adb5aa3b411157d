import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from catalog.errors import CatalogError
from evaluation.label_scores import label_scores
from evaluation.levels import cut, level_scores

LEAVES = [f"{a} > {a}{b} > {a}{b}{c}" for a in "XY" for b in "12" for c in "pq"]
PAIRS = st.lists(st.tuples(st.sampled_from(LEAVES), st.sampled_from(LEAVES)), min_size=1, max_size=40)


def own(paths: list[str]) -> list[frozenset[str]]:
    return [frozenset({path}) for path in paths]


@given(PAIRS)
def test_the_mean_is_that_of_the_challenge(pairs: list[tuple[str, str]]) -> None:
    """MWPD2020: weighted F1 of the node names at each of three levels, averaged."""
    truths, predictions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    expected = [
        f1_score(
            [path.split(" > ")[level] for path in truths],
            [path.split(" > ")[level] for path in predictions],
            average="weighted",
            zero_division=0,
        )
        for level in range(3)
    ]
    found = level_scores(own(truths), predictions)
    assert [part.weighted.f1 for part in found.levels] == pytest.approx(expected)
    assert found.weighted_f1 == pytest.approx(sum(expected) / 3)


@given(PAIRS)
def test_the_deepest_level_is_the_whole_path(pairs: list[tuple[str, str]]) -> None:
    truths, predictions = own([pair[0] for pair in pairs]), [pair[1] for pair in pairs]
    assert level_scores(truths, predictions).levels[-1] == label_scores(truths, predictions)


def test_a_path_that_ends_above_a_level_stands_there_as_it_is() -> None:
    found = level_scores(own(["A", "A > B"]), ["A", "A"])
    assert [part.weighted.recall for part in found.levels] == [1.0, 0.5]


def test_a_prediction_below_all_truths_adds_no_level() -> None:
    assert len(level_scores(own(["A > B"]), ["A > B > C"]).levels) == 2


def test_any_of_several_paths_is_right_at_each_level() -> None:
    found = level_scores([frozenset({"A > B", "C > D"})], ["C > E"])
    assert [part.weighted.f1 for part in found.levels] == [1.0, 0.0]


def test_cutting() -> None:
    assert [cut("A > B > C", level) for level in (1, 2, 3, 4)] == ["A", "A > B", "A > B > C", "A > B > C"]


def test_no_products_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        level_scores([], [])
