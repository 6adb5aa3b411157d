import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import CatalogError, SettingsError
from evaluation.coverage import CoveragePoint, coverage_area, coverage_at, coverage_curve, thinned

ANSWERS = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.booleans()), min_size=1)


def curve_of(answers: list[tuple[float, bool]]) -> tuple[CoveragePoint, ...]:
    return coverage_curve([a[0] for a in answers], np.array([a[1] for a in answers]))


def test_the_curve_by_hand() -> None:
    curve = curve_of([(0.9, True), (0.5, False), (0.5, True), (0.2, False)])
    assert [(p.threshold, p.coverage, p.accuracy) for p in curve] == [
        (0.9, 0.25, 1.0),
        (0.5, 0.75, pytest.approx(2 / 3)),
        (0.2, 1.0, 0.5),
    ]


@given(ANSWERS)
def test_at_coverage_one_stands_the_accuracy(answers: list[tuple[float, bool]]) -> None:
    last = curve_of(answers)[-1]
    assert last.coverage == 1.0
    assert last.accuracy == pytest.approx(np.mean([right for _, right in answers]))


@given(ANSWERS)
def test_every_point_is_what_its_threshold_lets_out(answers: list[tuple[float, bool]]) -> None:
    for point in curve_of(answers):
        out = [right for confidence, right in answers if confidence >= point.threshold]
        assert point.coverage == pytest.approx(len(out) / len(answers))
        assert point.accuracy == pytest.approx(sum(out) / len(out))


@given(ANSWERS)
def test_coverage_at_an_accuracy_is_the_most_that_reaches_it(answers: list[tuple[float, bool]]) -> None:
    curve = curve_of(answers)
    covered = coverage_at(curve, 0.8)
    assert all(point.accuracy < 0.8 for point in curve if point.coverage > covered)
    assert coverage_at(curve, 0.0) == 1.0


def test_an_accuracy_out_of_reach_covers_nothing() -> None:
    assert coverage_at(curve_of([(0.9, False), (0.5, True)]), 0.99) == 0.0


def test_an_accuracy_above_one_makes_no_sense() -> None:
    with pytest.raises(SettingsError, match=r"is 95\."):
        coverage_at(curve_of([(0.9, True)]), 95.0)


def test_the_area_is_the_mean_accuracy_of_the_surest_k() -> None:
    rng = np.random.default_rng(1)
    confidences, right = rng.random(200), rng.random(200) < 0.7
    ranked = right[np.argsort(-confidences)]
    expected = np.mean(np.cumsum(ranked) / np.arange(1, 201))
    assert coverage_area(coverage_curve(confidences, right)) == pytest.approx(expected, abs=0.005)


def test_the_area_by_hand() -> None:
    """All right up to one half; then half of the rest: accuracy at coverage c is (1/4 + c/2) / c."""
    answers = [(0.9, True), (0.9, True), (0.2, True), (0.2, False)]
    assert coverage_area(curve_of(answers)) == pytest.approx(0.5 + 0.25 + 0.25 * np.log(2))


def test_the_area_with_one_confidence_for_all_is_the_accuracy() -> None:
    assert coverage_area(curve_of([(0.5, True), (0.5, True), (0.5, False)])) == pytest.approx(2 / 3)


@given(ANSWERS)
def test_no_order_beats_the_one_with_the_mistakes_last(answers: list[tuple[float, bool]]) -> None:
    perfect = [(1.0 if right else 0.0, right) for _, right in answers]
    assert coverage_area(curve_of(answers)) <= coverage_area(curve_of(perfect)) + 1e-12


def test_thinning_keeps_the_ends_and_the_order() -> None:
    rng = np.random.default_rng(2)
    curve = coverage_curve(rng.random(1000), rng.random(1000) < 0.5)
    kept = thinned(curve, points=50)
    assert len(kept) == 50
    assert (kept[0], kept[-1]) == (curve[0], curve[-1])
    assert [p.coverage for p in kept] == sorted(p.coverage for p in kept)
    assert thinned(curve[:50], points=50) == curve[:50]


def test_no_products_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        coverage_curve([], np.array([], dtype=bool))
