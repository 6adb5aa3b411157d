"""From a sample to the whole: the ranges hold what they promise."""

from dataclasses import replace

import numpy as np
import pytest

from agents.llm.prices import Price
from graph.batch.draws import Defining, Known, Sampled
from graph.batch.estimate import Plan, estimate
from graph.batch.survey import Survey

PRICE = Price(input=1.0, output=10.0, reads=1000.0, writes=100.0, seconds=0.5)
SAMPLED = Sampled(
    products=500,
    uncertain=100,
    tokens_in=[1000] * 50 + [2000] * 50,
    tokens_out=[200] * 100,
    calls=1.0,
    shortest=0.5,
    longest=4.0,
    encode_seconds=0.01,
)


def plan(sampled: Sampled = SAMPLED, left: int = 100_000, **more: object) -> Plan:
    options: dict[str, object] = {
        "defining": Defining(),
        "known": Known(),
        "model": "m",
        "price": PRICE,
        "slots": 10,
        "notes": [],
    }
    return estimate(Survey(rows=left, left=left), sampled, **{**options, **more})


def test_figures_are_scaled_to_the_rows_that_are_left() -> None:
    found = plan()
    assert found.deliberations.expected == pytest.approx(20_000)
    assert found.calls.expected == pytest.approx(20_000)
    assert found.tokens_in.expected == pytest.approx(20_000 * 1500)
    assert found.tokens_out.expected == pytest.approx(20_000 * 200)
    assert found.cost is not None
    assert found.cost.expected == pytest.approx(30.0 + 40.0)
    assert found.accepted.expected == pytest.approx(0.8)


def test_the_range_of_a_share_is_that_of_its_sample() -> None:
    found = plan().accepted
    assert found.low == pytest.approx(0.763, abs=0.005)  # Wilson: 0.763 to 0.833
    assert found.high == pytest.approx(0.833, abs=0.005)


def test_a_sample_that_is_the_whole_leaves_no_doubt_of_the_share() -> None:
    found = plan(left=500)
    assert found.deliberations.low == pytest.approx(100)
    assert found.deliberations.high == pytest.approx(100)


def test_a_gate_that_stopped_the_whole_sample_may_hold_a_few_of_the_rest_back() -> None:
    found = plan(replace(SAMPLED, uncertain=0))
    assert (found.deliberations.low, found.deliberations.expected) == (0.0, 0.0)
    assert 300 < found.deliberations.high < 1_000
    assert found.cost is not None
    assert found.cost.high > 0


def test_unmeasured_answers_lie_between_the_shortest_and_the_longest() -> None:
    found = plan()
    assert found.tokens_out.low < 0.65 * found.tokens_out.expected
    assert found.tokens_out.high > 3.0 * found.tokens_out.expected


def test_measured_deliberations_correct_the_prompts_and_give_the_answers() -> None:
    draw = np.random.default_rng(1)
    rehearsed = draw.integers(900, 2100, 200)
    known = Known(
        tokens_in=(1.2 * rehearsed).round().astype(int).tolist(),
        tokens_out=draw.integers(80, 120, 200).tolist(),
        rehearsed_in=rehearsed.tolist(),
        seconds=0.02,
    )
    found = plan(known=known)
    assert found.tokens_in.expected == pytest.approx(20_000 * 1500 * 1.2, rel=0.01)
    assert found.tokens_out.expected == pytest.approx(20_000 * 100, rel=0.05)
    assert found.tokens_out.high < 1.25 * found.tokens_out.expected
    assert found.seconds.expected == pytest.approx(100_000 * 0.02)


def test_the_ranges_hold_the_truth_as_often_as_they_say() -> None:
    """Plans from samples of a known catalog: 95% of the ranges should hold its true totals."""
    draw = np.random.default_rng(7)
    rows = 20_000
    unsure = draw.random(rows) < 0.15
    tokens = draw.lognormal(7.0, 0.5, rows).round().astype(int)
    held = {"deliberations": 0, "tokens_in": 0}
    for _ in range(200):
        places = draw.choice(rows, 400, replace=False)
        asked = tokens[places][unsure[places]].tolist()
        sampled = replace(
            SAMPLED, products=400, uncertain=len(asked), tokens_in=asked, tokens_out=[1] * len(asked)
        )
        found = plan(sampled, left=rows)
        held["deliberations"] += found.deliberations.low <= unsure.sum() <= found.deliberations.high
        held["tokens_in"] += found.tokens_in.low <= tokens[unsure].sum() <= found.tokens_in.high
    assert min(held.values()) >= 180  # of 200; by chance below 180 once in a thousand


def test_the_longer_of_encoder_and_model_takes_the_time() -> None:
    encoding, asking = 100_000 * 0.01, (20_000 * 0.5 + 30_000 + 40_000) / 10
    assert plan().seconds.expected == pytest.approx(max(encoding, asking))
    alone = plan(price=PRICE.model_copy(update={"serial": True})).seconds
    assert alone.expected == pytest.approx(10 * asking)
    assert plan(price=None).seconds.expected == pytest.approx(encoding)


def test_the_rent_of_a_machine_counts_over_the_time() -> None:
    price = PRICE.model_copy(update={"second": 0.001})
    found = plan(price=price)
    assert found.cost is not None
    assert found.cost.expected == pytest.approx(70.0 + 0.001 * found.seconds.expected)


def test_without_a_price_there_is_no_cost() -> None:
    assert plan(price=None).cost is None


def test_definitions_to_be_written_count_with_those_that_the_sample_did_not_meet() -> None:
    defining = Defining(missing=1_000, met=[1] * 40 + [2] * 20 + [5] * 40, tokens_in=500.0, tokens_out=50.0)
    found = plan(defining=defining)
    assert (found.definitions.low, found.definitions.high) == (100, 1_000)
    assert found.definitions.expected == pytest.approx(100 + 40**2 / (2 * 20))
    assert found.calls.expected == pytest.approx(20_000 + 140)
    assert found.tokens_in.expected == pytest.approx(20_000 * 1500 + 140 * 500)
    few = Defining(missing=101, met=[1] * 100)
    assert plan(defining=few).definitions.expected == 101


def test_nothing_left_takes_nothing() -> None:
    found = plan(replace(SAMPLED, products=0, uncertain=0, tokens_in=[], tokens_out=[]), left=0)
    assert (found.calls.high, found.tokens_in.high, found.seconds.expected) == (0.0, 0.0, 0.0)


def test_the_same_sample_gives_the_same_plan() -> None:
    assert plan() == plan()
