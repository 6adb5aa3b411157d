import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from catalog.errors import CatalogError
from evaluation.auc import class_aucs, class_sizes, mean_auc

NAMES = "ABCD"
# Few different scores, so that ties are common.
SCORED = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([0.1, 0.2, 0.5]), max_size=4)
PRODUCTS = st.lists(
    st.tuples(st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=2), SCORED), min_size=1, max_size=30
)


@given(PRODUCTS)
def test_each_class_is_that_of_scikit_learn_with_missing_scores_lowest(
    products: list[tuple[frozenset[str], dict[str, float]]],
) -> None:
    truths = [paths for paths, _ in products]
    found = class_aucs(truths, [list(s) for _, s in products], [list(s.values()) for _, s in products])
    for name in {name for paths in truths for name in paths}:
        inside = np.array([name in paths for paths in truths])
        if inside.all():
            assert name not in found
        else:
            dense = [scores.get(name, -1.0) for _, scores in products]
            assert found[name] == pytest.approx(roc_auc_score(inside, dense))


def test_by_hand() -> None:
    """Of the four pairs for `A`: .9 beats .3 and missing, .2 beats missing alone."""
    truths = [frozenset("A"), frozenset("A"), frozenset("B"), frozenset("B")]
    found = class_aucs(truths, ["A", "A", "A", ""], [[0.9], [0.2], [0.3], []])
    assert found["A"] == pytest.approx(3 / 4)


def test_a_class_that_is_never_recalled_is_as_good_as_a_coin() -> None:
    assert class_aucs([frozenset("A"), frozenset("B")], ["", ""], [[], []]) == {"A": 0.5, "B": 0.5}


def test_means_are_over_classes_and_over_their_products() -> None:
    truths = [frozenset("A"), frozenset("AB"), frozenset("A"), frozenset("B")]
    sizes = class_sizes(truths)
    assert sizes == {"A": 3, "B": 2}
    mean = mean_auc({"A": 1.0, "B": 0.5}, sizes)
    assert mean is not None
    assert (mean.macro, mean.weighted, mean.classes) == (0.75, pytest.approx(0.8), 2)


def test_one_class_alone_has_none() -> None:
    truths = [frozenset("A"), frozenset("A")]
    assert class_aucs(truths, ["A", "A"], [[0.5], [0.6]]) == {}
    assert mean_auc({}, {"A": 2}) is None


def test_no_products_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        class_aucs([], [], [])
