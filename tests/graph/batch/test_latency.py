import random

import pytest

from graph.batch.latency import histograms, quantile


def test_quantiles_are_off_by_five_per_cent_at_most() -> None:
    draw = random.Random(1)
    values = sorted(draw.lognormvariate(3, 2) for _ in range(5_000))
    found = histograms({"rank": value} for value in values)["rank"]
    for share in (0.05, 0.5, 0.95, 1.0):
        exact = values[round(share * len(values)) - 1]
        assert quantile(found, share) == pytest.approx(exact, rel=0.05)


def test_the_total_is_the_sum_over_the_nodes_of_a_product() -> None:
    found = histograms([{"recommend": 2.0, "rank": 98.0}, {"recommend": 2.0}, {}])
    assert {node: sum(counts.values()) for node, counts in found.items()} == {
        "rank": 1,
        "recommend": 2,
        "total": 2,
    }
    assert quantile(found["total"], 1.0) == pytest.approx(100.0, rel=0.05)


def test_no_time_at_all_is_a_time() -> None:
    assert quantile(histograms([{"gate": 0.0}])["gate"], 0.5) == pytest.approx(1e-3, rel=0.05)
