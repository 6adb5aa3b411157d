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


def test_a_model_that_knows_more_is_used():
    features, right = cases(np.random.default_rng(0), 300, signal=(0.5, 3.0))
    fit = fit_general(NAMES, features, right, prior=(1.0, 0.0))
    assert not fit.kept_domain
    assert fit.fused_accuracy > fit.domain_accuracy + 0.2
    assert fit.choice.weights[1] > 0.5


def test_a_model_that_knows_nothing_is_left_out():
    kept = 0
    for seed in range(10):
        features, right = cases(np.random.default_rng(seed), 150, signal=(2.0, 0.0))
        fit = fit_general(NAMES, features, right, prior=(1.0, 0.0))
        kept += fit.kept_domain
        if fit.kept_domain:
            assert fit.choice.weights[1] == pytest.approx(0.0, abs=1e-6)
            assert fit.fused_accuracy == fit.domain_accuracy
    assert kept >= 6


def test_rows_without_a_right_candidate_lower_the_confidence():
    features, right = cases(np.random.default_rng(1), 200, signal=(3.0, 3.0))
    none_right = [np.zeros_like(r) if i % 2 else r for i, r in enumerate(right)]
    sure, unsure = (fit_general(NAMES, features, r, prior=(1.0, 0.0)) for r in (right, none_right))
    assert unsure.choice.outside > sure.choice.outside
