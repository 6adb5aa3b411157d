import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.gate import Costs
from training.gate.cost import budget_threshold, expected_cost, least_cost_threshold

confidences = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40)
costs = st.builds(
    Costs,
    llm=st.floats(0, 2),
    mistake=st.floats(0.01, 10),
    mended=st.floats(0, 1),
    measured=st.just(True),
)


@given(confidences, costs)
def test_no_other_threshold_is_expected_to_cost_less(values: list[float], prices: Costs) -> None:
    chosen = expected_cost(values, least_cost_threshold(prices), prices)
    others = [expected_cost(values, other, prices) for other in (*values, 0.0, 2.0)]
    assert chosen <= min(others) + 1e-9


def test_the_price_of_both_ways() -> None:
    prices = Costs(llm=0.1, mistake=2.0, mended=0.5, measured=True)
    assert least_cost_threshold(prices) == pytest.approx(0.9)
    assert expected_cost([0.95], 0.9, prices) == pytest.approx(2.0 * 0.05)
    assert expected_cost([0.4], 0.9, prices) == pytest.approx(0.1 + 2.0 * 0.6 * 0.5)


@pytest.mark.parametrize(("llm", "mended"), [(0.1, 0.0), (5.0, 1.0)])
def test_a_model_that_mends_nothing_or_costs_more_than_mistakes_is_never_asked(
    llm: float, mended: float
) -> None:
    assert least_cost_threshold(Costs(llm=llm, mistake=1.0, mended=mended, measured=True)) == 0.0


@given(confidences, st.floats(0, 1))
def test_the_budget_is_kept_and_used_up(values: list[float], share: float) -> None:
    rows = np.asarray(values)
    threshold = budget_threshold(rows, share)
    assert (rows < threshold).sum() <= share * len(rows) + 1e-6
    higher = rows[rows > threshold]
    if len(higher):
        assert (rows < higher.min()).sum() > share * len(rows) - 1e-6


def test_the_whole_budget_deliberates_everything() -> None:
    assert budget_threshold([0.3, 1.0], 1.0) > 1.0
    assert budget_threshold([0.3, 1.0], 0.0) == pytest.approx(0.3)


def test_a_share_that_rounding_makes_too_small_keeps_its_row() -> None:
    rows = np.arange(100) / 100
    assert (rows < budget_threshold(rows, 0.29)).sum() == 29
