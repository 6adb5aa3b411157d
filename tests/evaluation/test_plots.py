import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from evaluation.evaluate import Evaluation, EvaluationRow, evaluate
from evaluation.plots import coverage_plot, least_points_plot, points_plot, reliability_plot, status_plot

PLOTS = [coverage_plot, least_points_plot, points_plot, reliability_plot, status_plot]
Plot = Callable[[Evaluation], str]


def words(svg: str) -> str:
    return " ".join(re.findall(r">([^<>]+)</text>", svg))


def test_the_gate_stands_in_the_coverage_plot(mixed_rows: list[EvaluationRow]) -> None:
    assert "gate: 60.0% accepted, 83.3% of them right" in words(coverage_plot(evaluate(mixed_rows, {})))


def test_no_gate_where_nothing_was_accepted(make_row: Callable[..., EvaluationRow]) -> None:
    assert "gate" not in words(coverage_plot(evaluate([make_row(status="review")], {})))


def test_buckets_say_how_many_products_they_hold(mixed_rows: list[EvaluationRow]) -> None:
    shown = words(points_plot(evaluate(mixed_rows, {"Toys > Snow > Clippers": 12})))
    assert "10-19" in shown
    assert re.search(r"\b9\b", shown)


def test_minima_of_points_say_how_many_categories_they_hold(mixed_rows: list[EvaluationRow]) -> None:
    shown = words(least_points_plot(evaluate(mixed_rows, {"Toys > Snow > Clippers": 1200})))
    assert "1,000" in shown
    assert re.search(r"\b2\b.*\b1\b", shown)


def test_statuses_say_their_share(mixed_rows: list[EvaluationRow]) -> None:
    shown = words(status_plot(evaluate(mixed_rows, {})))
    assert "60.0%, n=6" in shown
    assert "0.0%, n=0" in shown


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("status", ["accepted", "review"])
def test_one_product_is_enough(plot: Plot, status: str, make_row: Callable[..., EvaluationRow]) -> None:
    ET.fromstring(plot(evaluate([make_row(status=status)], {})))


def test_one_sure_mistake_does_not_set_the_scale(make_row: Callable[..., EvaluationRow]) -> None:
    sure_mistake = make_row(domain_prediction="A", prediction="A", domain_confidence=1.0, confidence=1.0)
    rows = [sure_mistake] + [make_row(confidence=0.5 + i / 400, domain_confidence=0.5) for i in range(199)]
    assert " 0%" not in words(coverage_plot(evaluate(rows, {}))).split("share of")[1]
