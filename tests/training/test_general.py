import numpy as np
import pytest

from training.general import fit_general

NAMES = ("domain", "model")


def cases(rng, rows, signal):
    features, right = [], []
    for _ in range(rows):
        m = int(rng.integers(2, 6))
        truth = int(rng.integers(m))
        columns = rng.normal(size=(m, 2)).astype(np.float32)
        columns[truth] += signal
        features.append(columns)
        right.append(np.arange(m) == truth)
    return features, right


def fit(features, right, confidences=None):
    given = [0.5] * len(features) if confidences is None else confidences
    return fit_general(NAMES, features, right, given, prior=(1.0, 0.0))


def test_a_model_that_knows_more_is_used():
    features, right = cases(np.random.default_rng(0), 300, signal=(0.5, 3.0))
    made = fit(features, right)
    assert not made.kept_domain
    assert made.fused_accuracy > made.domain_accuracy + 0.2
    assert made.choice.weights[1] > 0.5


def test_a_model_that_knows_nothing_is_left_out():
    kept = 0
    for seed in range(10):
        features, right = cases(np.random.default_rng(seed), 150, signal=(2.0, 0.0))
        made = fit(features, right)
        kept += made.kept_domain
        if made.kept_domain:
            assert made.choice.weights[1] == pytest.approx(0.0, abs=1e-6)
            assert made.fused_accuracy == made.domain_accuracy
    assert kept >= 6


def test_rows_without_a_right_candidate_lower_the_confidence():
    features, right = cases(np.random.default_rng(1), 200, signal=(3.0, 3.0))
    none_right = [np.zeros_like(r) if i % 2 else r for i, r in enumerate(right)]
    sure, unsure = (fit(features, r) for r in (right, none_right))
    assert unsure.choice.outside > sure.choice.outside


def overconfident(rng, rows):
    """A model that always names one candidate, right in half of the rows, whatever its column."""
    features, right = [], []
    for _ in range(rows):
        columns = np.zeros((3, 2), np.float32)
        named, truth = rng.integers(3, size=2)
        columns[named, 0] = 4.0
        features.append(columns)
        right.append(np.arange(3) == (named if rng.random() < 0.5 else truth))
    return features, right


def test_the_confidence_is_calibrated_on_rows_that_no_fit_saw():
    made = fit(*overconfident(np.random.default_rng(3), 400))
    assert made.confidences.shape == made.fused.shape == made.right.shape == (400,)
    assert abs(made.confidences.mean() - made.right.mean()) < 0.05


def test_the_domain_experts_confidence_tells_what_the_scores_do_not():
    """Where the scores are always the same, only its calibrated confidence can tell the sure rows."""
    rng = np.random.default_rng(4)
    confidences = rng.uniform(0.05, 0.95, 400)
    features = [np.asarray([[1.0, 0.0], [0.0, 0.0]], np.float32)] * 400
    right = [np.asarray([rng.random() < c, False]) for c in confidences]
    made = fit(features, right, confidences)
    assert made.surety.weights[1] > 0.5
    assert np.corrcoef(made.confidences, confidences)[0, 1] > 0.9


def test_the_same_seed_gives_the_same_fit():
    features, right = cases(np.random.default_rng(5), 60, signal=(1.0, 1.0))
    first, second = fit(features, right), fit(features, right)
    assert (first.choice, first.surety) == (second.choice, second.surety)
