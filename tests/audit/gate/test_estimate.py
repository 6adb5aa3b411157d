import numpy as np
import pytest

from audit.gate.estimate import Estimate, estimate_accuracy, with_known
from audit.gate.evidence import Evidence, asked, judged
from tests.audit.gate.worlds import world

NOTHING = judged([], [], [], [])


def held(accuracy, agree, repeats, seed=0, **sizes):
    """Share of worlds in which the lower and the upper bound hold, among those with an estimate."""
    rng = np.random.default_rng(seed)
    found = [estimate_accuracy(world(rng, accuracy, agree, **sizes), 0.95) for _ in range(repeats)]
    told = [e for e in found if e.low is not None]
    assert len(told) > 0.9 * repeats
    return np.mean([e.low <= accuracy for e in told]), np.mean([e.high >= accuracy for e in told])


@pytest.mark.parametrize("labels", [0, 200])
def test_the_bounds_hold_as_often_as_they_say(labels):
    assert min(held(0.93, (0.95, 0.5), 250, labels=labels)) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("accuracy", [0.85, 0.9, 0.95, 0.98])
@pytest.mark.parametrize("agree", [(0.98, 0.3), (0.95, 0.5), (0.9, 0.3)])
@pytest.mark.parametrize("labels", [0, 200])
def test_the_bounds_hold_in_many_worlds(accuracy, agree, labels):
    assert min(held(accuracy, agree, 2000, seed=1, labels=labels)) >= 0.925


def test_the_bounds_can_be_missed():
    """Without the correction for the auditor's errors the agreement would be taken for the accuracy."""
    rng = np.random.default_rng(3)
    found = [estimate_accuracy(world(rng, 0.8, (0.95, 0.5)), 0.95) for _ in range(50)]
    assert np.mean([e.agreement for e in found]) == pytest.approx(0.86, abs=0.01)
    assert np.mean([e.accuracy for e in found]) == pytest.approx(0.8, abs=0.03)


def test_an_auditor_that_cannot_tell_gives_no_estimate():
    found = estimate_accuracy(world(np.random.default_rng(0), 0.7, (0.97, 0.97)), 0.95)
    assert (found.method, found.accuracy, found.promise(0.95)) == (None, None, "unknown")
    assert "cannot tell right from wrong" in found.note
    assert found.agreement == pytest.approx(0.97, abs=0.03)


def test_without_wrong_validation_rows_the_auditors_errors_are_unknown():
    found = estimate_accuracy(world(np.random.default_rng(0), 0.9, (0.9, 0.3), validation=(200, 3)), 0.95)
    assert found.method is None
    assert "3 wrong validation rows" in found.note


def test_too_few_products_give_no_estimate():
    found = estimate_accuracy(world(np.random.default_rng(0), 0.9, (0.9, 0.3), asked_rows=10), 0.95)
    assert "Only 10 accepted products" in found.note


def test_labels_alone_are_counted_exactly():
    labelled = judged([0.9] * 50, [False] * 50, [""] * 50, [True] * 48 + [False] * 2)
    found = estimate_accuracy(Evidence(asked([], [], []), labelled, NOTHING), 0.95)
    assert (found.method, found.accuracy, found.labelled) == ("labels", 0.96, 50)
    assert (found.low, found.high) == pytest.approx((0.8794, 0.9928), abs=1e-3)


def test_votes_narrow_what_few_labels_say():
    rng = np.random.default_rng(5)
    sharp = world(rng, 0.9, (0.99, 0.05), asked_rows=2000, labels=200)
    both = estimate_accuracy(sharp, 0.95)
    alone = estimate_accuracy(Evidence(asked([], [], []), sharp.labelled, NOTHING), 0.95)
    assert both.method == "prediction-powered"
    assert both.high - both.low < 0.7 * (alone.high - alone.low)


def test_labels_that_are_all_right_are_believed_as_far_as_they_go():
    rng = np.random.default_rng(0)
    found = estimate_accuracy(world(rng, 1.0, (0.9, 0.3), labels=60), 0.95)
    assert (found.accuracy, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.05 ** (1 / 60))


def test_nothing_to_look_at():
    found = estimate_accuracy(Evidence(asked([], [], []), NOTHING, NOTHING), 0.95)
    assert (found.method, found.promise(0.9)) == (None, "unknown")


def test_decided_products_stand_for_themselves_only():
    rest = Estimate(method="labels", accuracy=0.9, low=0.8, high=1.0, confidence=0.95)
    joined = with_known(rest, right=0, known=10, accepted=100)
    assert (joined.accuracy, joined.low, joined.high) == pytest.approx((0.81, 0.72, 0.9))
    assert with_known(rest, right=0, known=0, accepted=100) == rest


def test_a_promise_is_judged_by_the_bounds():
    known = Estimate(method="labels", accuracy=0.9, low=0.86, high=0.94, confidence=0.95)
    assert [known.promise(target) for target in (0.85, 0.9, 0.95)] == ["kept", "unclear", "broken"]
