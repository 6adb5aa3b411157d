import numpy as np
from scipy.special import expit, logit

from audit.gate.estimate import estimate_accuracy
from audit.gate.evidence import Evidence, asked, judged
from audit.gate.moving import raised
from tests.audit.gate.worlds import rows

NOTHING = judged([], [], [], [])
START = 0.85


def labelled(change, n, seed=0):
    """Labelled products whose true chance to be right is `change` of their confidence."""
    rng = np.random.default_rng(seed)
    confidences = expit(rng.normal(3.0, 1.5, 4 * n))
    confidences = confidences[confidences >= START][:n]
    right = rng.random(len(confidences)) < change(confidences)
    return judged(confidences, right, [""] * len(confidences), right)


def opened(evidence):
    estimate = estimate_accuracy(evidence, 0.95)
    assert estimate.promise(0.95) == "broken"
    return raised(evidence, estimate, threshold=START, target=0.95)


def test_the_threshold_rises_to_where_the_promise_holds():
    def change(confidences):
        return expit(logit(confidences) - 1.5)

    opening = opened(Evidence(asked([], [], []), labelled(change, 1500), NOTHING))
    fresh = labelled(change, 30_000, seed=9)
    above = fresh.confidences >= opening.threshold
    assert opening.threshold > START
    assert opening.source == "audit"
    assert opening.lower_bound >= 0.95
    assert change(fresh.confidences[above]).mean() >= 0.95
    assert 0.1 < opening.coverage < 1


def test_votes_of_an_auditor_that_errs_do_too():
    rng = np.random.default_rng(4)
    known = labelled(lambda c: expit(logit(c) - 2), 1500)
    votes = rng.random(len(known)) < np.where(known.right, 0.97, 0.3)
    calibration = rows(rng, np.arange(300) < 200, (0.97, 0.3))
    opening = opened(Evidence(asked(known.confidences, votes, [""] * len(known)), NOTHING, calibration))
    assert known.right[known.confidences >= opening.threshold].mean() >= 0.95


def test_where_no_confidence_is_good_enough_the_gate_shuts():
    opening = opened(Evidence(asked([], [], []), labelled(lambda c: 0.8 * c, 800), NOTHING))
    assert opening.threshold is None
    assert "no higher threshold that keeps 95.0%" in opening.note
