import numpy as np

from retrieval.sources.hierarchy.probability import log_probabilities

LOGITS = np.array([[0.0, np.log(3.0), 2.0]], dtype=np.float32)
GROUPS = np.array([0, 0, 1])


def test_sigmoids_stand_each_by_itself():
    found = np.exp(log_probabilities(LOGITS, GROUPS, "sigmoid"))
    np.testing.assert_allclose(found, [[0.5, 0.75, 1 / (1 + np.exp(-2.0))]], rtol=1e-6)


def test_a_softmax_is_within_the_group():
    found = np.exp(log_probabilities(LOGITS, GROUPS, "softmax"))
    np.testing.assert_allclose(found, [[0.25, 0.75, 1.0]], rtol=1e-6)


def test_far_logits_stay_finite():
    far = np.array([[-500.0, 500.0]], dtype=np.float32)
    for probability in ("sigmoid", "softmax"):
        assert np.isfinite(log_probabilities(far, np.zeros(2, dtype=np.int64), probability)).all()
        assert log_probabilities(far, np.zeros(2, dtype=np.int64), probability).dtype == np.float32
