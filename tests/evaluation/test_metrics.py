import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import CatalogError, SettingsError
from evaluation.metrics import accuracy, counted_labels, hierarchical_scores, hits, recall_at

PATHS = ["A", "A > B", "A > B > C", "A > D", "E > B"]
PRODUCTS = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from(PATHS), min_size=1, max_size=2),
        st.lists(st.sampled_from(PATHS), min_size=1, unique=True),
    ),
    min_size=1,
    max_size=30,
)


def truth(*paths: str) -> frozenset[str]:
    return frozenset(paths)


def test_any_of_several_right_paths_is_right() -> None:
    assert hits([truth("A", "B"), truth("A", "B"), truth("A")], ["A", "B", "B"]).tolist() == [
        True,
        True,
        False,
    ]


def test_accuracy_counts_the_right_answers() -> None:
    part = accuracy([truth("A"), truth("B"), truth("C"), truth("D")], ["A", "B", "C", "A"])
    assert (part.right, part.n, part.value) == (3, 4, 0.75)


def test_the_counted_label_is_the_prediction_if_right_else_the_first_path() -> None:
    both = truth("B", "A")
    assert counted_labels([both, both], ["B", "C"]) == ["B", "A"]


def test_recall_looks_as_far_as_asked() -> None:
    rankings = [["A", "B", "C", "D"], ["B", "A"], ["B", "C", "A"], []]
    found = recall_at([truth("A")] * 4, rankings)
    assert {depth: part.right for depth, part in found.items()} == {1: 1, 3: 3, 5: 3, 10: 3}


def test_recall_takes_the_first_of_several_right_paths() -> None:
    assert recall_at([truth("C", "A")], [["B", "A", "C"]], depths=[2])[2].value == 1.0


def test_recall_at_no_candidates_makes_no_sense() -> None:
    with pytest.raises(SettingsError, match="depths"):
        recall_at([truth("A")], [["A"]], depths=[0])


@given(PRODUCTS)
def test_recall_grows_with_depth_and_starts_at_the_accuracy(
    products: list[tuple[frozenset[str], list[str]]],
) -> None:
    truths, rankings = zip(*products, strict=True)
    found = recall_at(truths, rankings, depths=[1, 2, 3, 4])
    assert sorted(part.right for part in found.values()) == [part.right for part in found.values()]
    assert found[1] == accuracy(truths, [ranking[0] for ranking in rankings])


def test_hierarchical_scores_by_hand() -> None:
    """Shared nodes 2, 3 and 0; predicted 3, 3 and 1; true 3, 3 and 2."""
    truths = [truth("A > B > C"), truth("A > B > C"), truth("A > B")]
    scores = hierarchical_scores(truths, ["A > B > D", "A > B > C", "E"])
    assert scores.precision == pytest.approx(5 / 7)
    assert scores.recall == pytest.approx(5 / 8)
    assert scores.f1 == pytest.approx(2 * 5 / 15)


def test_a_node_of_the_same_name_under_another_parent_is_another_node() -> None:
    assert hierarchical_scores([truth("A > B")], ["E > B"]).f1 == 0.0


def test_hierarchical_scores_hold_a_product_against_its_nearest_path() -> None:
    assert hierarchical_scores([truth("A > B", "E > B > C")], ["E > B > D"]).precision == pytest.approx(2 / 3)


def ancestor_sets_f1(truths: list[str], predictions: list[str]) -> float:
    """The definition, with sets, as a second opinion."""

    def nodes(path: str) -> set[str]:
        parts = path.split(" > ")
        return {" > ".join(parts[: i + 1]) for i in range(len(parts))}

    shared = sum(len(nodes(t) & nodes(p)) for t, p in zip(truths, predictions, strict=True))
    precision = shared / sum(len(nodes(p)) for p in predictions)
    recall = shared / sum(len(nodes(t)) for t in truths)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS)), min_size=1))
def test_hierarchical_f1_is_that_of_the_ancestor_sets(pairs: list[tuple[str, str]]) -> None:
    truths, predictions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    scores = hierarchical_scores([truth(path) for path in truths], predictions)
    assert scores.f1 == pytest.approx(ancestor_sets_f1(truths, predictions))


@given(PRODUCTS)
def test_hierarchical_f1_is_never_below_accuracy_on_paths_of_one_depth(
    products: list[tuple[frozenset[str], list[str]]],
) -> None:
    truths = [frozenset(f"X > {path.replace(' > ', '/')}" for path in paths) for paths, _ in products]
    predictions = [f"X > {ranking[0].replace(' > ', '/')}" for _, ranking in products]
    assert hierarchical_scores(truths, predictions).f1 >= accuracy(truths, predictions).value


@pytest.mark.parametrize("metric", [hits, accuracy, counted_labels, recall_at, hierarchical_scores])
def test_no_products_is_an_error(metric: object) -> None:
    assert callable(metric)
    with pytest.raises(CatalogError, match="no labelled products"):
        metric([], [])
