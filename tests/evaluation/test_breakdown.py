import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import CatalogError
from evaluation.breakdown import (
    POINT_BUCKETS,
    accuracy_by_group,
    accuracy_by_least_points,
    accuracy_by_points,
    confused_pairs,
    confusion_counts,
    point_bucket,
)


def test_groups_come_largest_first_then_by_name() -> None:
    shares = accuracy_by_group(["de", "en", "en", "at"], np.array([True, True, False, False]))
    assert [(name, part.right, part.n) for name, part in shares.items()] == [
        ("en", 1, 2),
        ("at", 0, 1),
        ("de", 1, 1),
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1))
def test_groups_add_up_to_the_whole(products: list[tuple[str, bool]]) -> None:
    right = np.array([product[1] for product in products])
    shares = accuracy_by_group([product[0] for product in products], right).values()
    assert sum(part.n for part in shares) == len(products)
    assert sum(part.right for part in shares) == np.count_nonzero(right)


@pytest.mark.parametrize(
    ("bucket", "ends"),
    [
        ("0", (0, 0)),
        ("1-4", (1, 4)),
        ("5-9", (5, 9)),
        ("10-19", (10, 19)),
        ("20-49", (20, 49)),
        ("50-99", (50, 99)),
        ("100+", (100, 10**6)),
    ],
)
def test_buckets_hold_both_their_ends(bucket: str, ends: tuple[int, int]) -> None:
    assert [point_bucket(end) for end in ends] == [bucket, bucket]


def test_points_are_those_of_the_category_and_unknown_ones_have_none() -> None:
    shares = accuracy_by_points(
        ["new", "rare", "big", "big"], np.array([False, True, True, False]), {"rare": 3, "big": 500}
    )
    assert [(name, part.right, part.n) for name, part in shares.items()] == [
        ("0", 0, 1),
        ("1-4", 1, 1),
        ("100+", 1, 2),
    ]
    assert set(shares) <= set(POINT_BUCKETS)


def test_a_minimum_of_points_holds_all_larger_categories() -> None:
    shares = accuracy_by_least_points(
        ["new", "rare", "big", "big"], np.array([False, True, True, False]), {"rare": 3, "big": 10}
    )
    assert [(least, part.right, part.n) for least, part in shares.items()] == [
        (0, 2, 4),
        (1, 2, 3),
        (5, 1, 2),
        (10, 1, 2),
    ]


def test_right_pairs_are_counted_too() -> None:
    pairs = confusion_counts([frozenset("A")] * 3, ["A", "B", "A"])
    assert [(p.truth, p.prediction, p.count, p.of) for p in pairs] == [("A", "A", 2, 3), ("A", "B", 1, 3)]


def test_confused_pairs_are_directed_and_counted() -> None:
    truths = [frozenset("A")] * 4 + [frozenset("B")] * 2
    pairs = confused_pairs(truths, ["B", "B", "A", "C", "A", "B"])
    assert [(p.truth, p.prediction, p.count, p.of) for p in pairs] == [
        ("A", "B", 2, 4),
        ("A", "C", 1, 4),
        ("B", "A", 1, 2),
    ]


def test_a_right_one_of_several_paths_confuses_nothing() -> None:
    assert confused_pairs([frozenset("AB")], ["B"]) == ()


def test_only_the_most_frequent_pairs_are_kept() -> None:
    assert len(confused_pairs([frozenset("A")] * 3, ["B", "C", "D"], keep=2)) == 2


def test_no_products_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        accuracy_by_points([], np.array([], dtype=bool), {})
