import numpy as np
import pytest

from retrieval.confidence import (
    FEATURES,
    NEAREST,
    Signals,
    department_numbers,
    department_probability,
    log_odds,
    nearest_similarity,
)
from retrieval.taxonomy import Taxonomy

FIRST, MARGIN, ENTROPY, AGREEMENT, SIMILARITY, DEPARTMENT, LEAF = range(len(FEATURES))


def signals(probabilities, department=None, agreement=1.0, similarity=0.8):
    rows = np.asarray(probabilities, np.float32)
    own = rows[:, 0] if department is None else np.asarray(department, np.float32)
    whole = np.ones(len(rows), np.float32)
    return Signals(rows, agreement * whole, similarity * whole, own)


def test_features_are_what_their_names_say() -> None:
    found = signals([[0.6, 0.2, 0.1]], department=[0.75], agreement=0.5, similarity=0.7).features()[0]
    assert found.dtype == np.float32
    assert found[FIRST] == pytest.approx(np.log(0.6 / 0.4), rel=1e-5)
    assert found[MARGIN] == pytest.approx(np.log(3), rel=1e-5)
    shares = np.asarray([0.6, 0.2, 0.1, 0.1])
    assert found[ENTROPY] == pytest.approx(-(shares * np.log(shares)).sum(), rel=1e-5)
    assert (found[AGREEMENT], found[SIMILARITY]) == pytest.approx((0.5, 0.7))
    assert found[DEPARTMENT] == pytest.approx(np.log(3), rel=1e-5)
    assert found[LEAF] == pytest.approx(np.log(0.8 / 0.2), rel=1e-5)


def test_department_times_leaf_is_the_first_candidates_probability() -> None:
    """DHPC's confidence."""
    found = signals([[0.6, 0.3]], department=[0.9]).features()[0].astype(np.float64)
    product = 1 / (1 + np.exp(-found[DEPARTMENT])) / (1 + np.exp(-found[LEAF]))
    assert product == pytest.approx(0.6, rel=1e-5)


@pytest.mark.parametrize("row", [[1.0], [0.0], [1.0, 0.0], [0.0, 0.0], [1e-30, 0.0]])
def test_extremes_and_padding_stay_finite(row: list[float]) -> None:
    assert np.isfinite(signals([row], department=[0.0]).features()).all()
    assert np.isfinite(signals([row], department=[1.0]).features()).all()


def test_near_certainty_is_still_told_apart() -> None:
    odds = log_odds(np.asarray([0.999, 0.9999, 0.99999], np.float32))
    assert (np.diff(odds) > 2).all()


def test_a_department_sums_its_candidates_and_no_padding() -> None:
    departments = department_numbers(Taxonomy.from_paths(["A > x", "A > y", "B > x", "B > z"]).categories)
    assert departments.tolist() == [0, 0, 1, 1]
    positions = np.asarray([[1, 2, 0], [2, 1, -1]])
    probabilities = np.asarray([[0.5, 0.3, 0.1], [0.6, 0.2, 0.0]], np.float32)
    assert department_probability(departments[positions], probabilities) == pytest.approx([0.6, 0.6])


def test_similarity_is_of_the_nearest() -> None:
    rows = np.asarray([[0.9] * NEAREST + [0.1] * 9], np.float32)
    assert nearest_similarity(rows) == pytest.approx([0.9])
    assert nearest_similarity(rows[:, :1]) == pytest.approx([0.9])
