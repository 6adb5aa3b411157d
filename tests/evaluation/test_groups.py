import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import CatalogError
from evaluation.calibration import expected_calibration_error
from evaluation.groups import ece_by_group, group_bins, rows_by_group, scores_by_group
from evaluation.label_scores import label_scores


def test_a_group_scores_like_its_own_products() -> None:
    groups = ["en", "de", "en", "en"]
    truths = [frozenset("A"), frozenset("B"), frozenset("B"), frozenset("A")]
    predictions, confidences = ["A", "B", "A", "A"], [0.9, 0.8, 0.6, 0.7]
    found = scores_by_group(groups, truths, predictions, confidences)
    assert list(found) == ["en", "de"]
    english = label_scores([truths[i] for i in (0, 2, 3)], ["A", "A", "A"])
    assert (found["en"].accuracy.right, found["en"].accuracy.n) == (2, 3)
    assert found["en"].weighted_f1 == english.weighted.f1
    assert found["en"].macro_f1 == english.macro.f1
    assert found["en"].confidence == pytest.approx(2.2 / 3)
    assert found["en"].ece == pytest.approx(2.2 / 3 - 2 / 3)
    assert (found["de"].macro_f1, found["de"].ece) == (1.0, pytest.approx(0.2))


def test_small_groups_have_fewer_bins() -> None:
    assert [group_bins(n) for n in (1, 59, 60, 449, 450, 10**6)] == [1, 1, 2, 14, 15, 15]


def test_a_large_group_has_the_usual_calibration_error() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.random(1000)
    right = rng.random(1000) < confidences**2
    groups = ["x"] * 900 + ["y"] * 100
    found = ece_by_group(groups, confidences, right)
    assert found["x"] == expected_calibration_error(confidences[:900], right[:900])
    assert found["y"] == expected_calibration_error(confidences[900:], right[900:], bins=3)


def test_a_small_calibrated_group_does_not_look_uncalibrated() -> None:
    """With 15 bins, 40 products that are right as often as said would be .16 off."""
    rng = np.random.default_rng(1)
    confidences = np.full(40, 0.7) + rng.uniform(-0.1, 0.1, 40)
    right = np.arange(40) < 28
    rng.shuffle(right)
    assert ece_by_group(["x"] * 40, confidences, right)["x"] < 0.02
    assert expected_calibration_error(confidences, right) > 0.15


@given(st.lists(st.sampled_from("abc"), min_size=1))
def test_every_row_is_in_the_group_of_its_name(groups: list[str]) -> None:
    found = rows_by_group(groups)
    assert sorted(int(i) for rows in found.values() for i in rows) == list(range(len(groups)))
    assert all(groups[i] == name for name, rows in found.items() for i in rows)
    assert list(found) == sorted(found, key=lambda name: (-len(found[name]), name))


def test_columns_of_different_length_are_an_error() -> None:
    with pytest.raises(CatalogError, match="differ in length"):
        ece_by_group(["a"], [0.5, 0.5], np.array([True, False]))
    with pytest.raises(CatalogError, match="no labelled products"):
        scores_by_group([], [], [], [])
