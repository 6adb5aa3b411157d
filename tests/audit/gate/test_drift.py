import numpy as np
import pytest

from audit.gate.drift import Drift, Sample, drift_between
from audit.gate.shift import permutation_p, stability_index, total_variation


def products(rng, n, less_sure=0.0, electronics=0.04):
    confidences = 1 / (1 + np.exp(-rng.normal(2.0 - less_sure, 1.5, n)))
    departments = np.where(
        rng.random(n) < electronics, "Electronics", rng.choice(["Toys", "Food", "Home"], n)
    )
    return Sample(confidences, [f"{d} > {i % 7}" for i, d in enumerate(departments.tolist())])


def test_false_alarms_are_rare():
    rng = np.random.default_rng(0)
    alarms = [drift_between(products(rng, 400), products(rng, 300), seed).alarm for seed in range(100)]
    assert np.mean(alarms) <= 0.02


def test_less_sure_products_raise_an_alarm_that_says_how_many():
    rng = np.random.default_rng(1)
    drift = drift_between(products(rng, 2000), products(rng, 500, less_sure=0.8))
    assert [shift.what for shift in drift.shifts if shift.alarm] == ["confidence"]
    (reason,) = drift.reasons
    assert "of products have a confidence of at most 0." in reason
    now, was = (float(word[:-1]) for word in reason.replace(",", "").split() if word.endswith("%"))
    assert now > was + 15


def test_a_department_that_grows_is_named():
    rng = np.random.default_rng(2)
    drift = drift_between(products(rng, 2000), products(rng, 1000, electronics=0.19))
    department = next(shift for shift in drift.shifts if shift.what == "department")
    assert department.alarm
    assert department.reasons[0].startswith("share of 'Electronics' rose from 3.6% to 19")
    assert not drift.shifts[0].alarm


def test_a_provable_difference_too_small_to_matter_is_no_alarm():
    rng = np.random.default_rng(3)
    drift = drift_between(products(rng, 20_000), products(rng, 20_000, less_sure=0.1))
    assert drift.shifts[0].p_value < 0.001
    assert not drift.alarm


def test_few_products_are_not_compared():
    rng = np.random.default_rng(0)
    drift = drift_between(products(rng, 400), products(rng, 49))
    assert (drift.shifts, drift.alarm) == ((), False)
    assert "400 and 49" in drift.note


def test_old_workspaces_keep_no_first_candidates():
    rng = np.random.default_rng(0)
    drift = drift_between(Sample(rng.random(100), [""] * 100), products(rng, 100))
    assert [shift.what for shift in drift.shifts] == ["confidence"]
    assert "does not keep first candidates" in drift.note
    assert Drift.model_validate_json(drift.model_dump_json()) == drift


def test_a_category_that_nobody_had_is_far_but_not_infinitely():
    was, now = np.asarray([100, 0]), np.asarray([50, 50])
    assert 0.25 < stability_index(was, now) < 10
    assert total_variation(was, now) == 0.5
    assert permutation_p(was, now, np.random.default_rng(0)) == 1 / 2000


def test_equal_mixes_have_no_small_p_value():
    same = np.asarray([30, 20, 0])
    assert permutation_p(same, same, np.random.default_rng(0)) == pytest.approx(1.0)
