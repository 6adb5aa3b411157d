import numpy as np

from retrieval.pairs.evidence import CategoryEvidence, title_groups

# Rows 0, 2, 4 are of category 7, rows 1 and 3 of category 1; the product looks along the first axis.
VECTORS = np.asarray([[0.6, 0.8], [1, 0], [1, 0], [0, 1], [0.8, 0.6]], dtype=np.float32)
LABELS = np.asarray([7, 1, 7, 1, 7])
PRODUCT = np.asarray([1, 0], dtype=np.float32)


def evidence(groups=(0, 1, 2, 3, 4)):
    return CategoryEvidence(VECTORS, LABELS, np.asarray(groups))


def test_the_nearest_of_the_category_come_first():
    assert evidence().nearest(PRODUCT, 7, 2) == [2, 4]
    assert evidence().nearest(PRODUCT, 1, 2) == [1, 3]


def test_a_small_category_shows_what_it_has_and_an_unknown_one_nothing():
    assert evidence().nearest(PRODUCT, 7, 9) == [2, 4, 0]
    assert evidence().nearest(PRODUCT, 5, 2) == []


def test_the_products_own_group_is_passed_over():
    assert evidence().nearest(PRODUCT, 7, 2, leave_out=2) == [4, 0]


def test_of_near_duplicates_only_the_nearest_is_shown():
    assert evidence(groups=(0, 1, 2, 3, 2)).nearest(PRODUCT, 7, 2) == [2, 0]


def test_near_duplicate_titles_share_a_group():
    groups = title_groups(["Olive Oil 500 ml", "Dog bed", "olive oil, 1 L"])
    assert groups[0] == groups[2] != groups[1]
