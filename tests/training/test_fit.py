import numpy as np
import pytest

from retrieval.recall import Recalled
from training.fit import first_right, fit_imputation, fit_scorer

ROWS, CANDIDATES = 300, 6
SOURCES = ("head", "paths", "neighbours", "ngram")


@pytest.fixture
def world():
    """Products whose head is right 9 times in 10; the other sources are noise."""
    rng = np.random.default_rng(3)
    positions = np.tile(np.arange(CANDIDATES), (ROWS, 1))
    truths = rng.integers(CANDIDATES, size=ROWS)
    features = rng.normal(size=(ROWS, CANDIDATES, len(SOURCES))).astype(np.float32)
    shown = np.where(rng.random(ROWS) < 0.9, truths, rng.integers(CANDIDATES, size=ROWS))
    features[np.arange(ROWS), shown, 0] += 6
    recalled = Recalled(
        positions,
        features,
        np.ones(features.shape, np.bool_),
        features[..., 1],
        np.full(positions.shape, 5),
        np.zeros_like(positions),
        np.zeros((ROWS, 1), np.int64),
        np.zeros((ROWS, 1), np.float32),
    )
    return recalled, [frozenset([int(t)]) for t in truths]


def test_trusts_the_source_that_is_right(world):
    recalled, truths = world
    fitted = fit_scorer(recalled, truths, SOURCES, k=5, seed=0)
    weights = fitted.scorer.choice.weights
    assert weights[0] > 3 * max(abs(w) for w in weights[1:-1])
    assert fitted.right.mean() > 0.85


def test_confidences_are_calibrated_on_rows_they_did_not_see(world):
    recalled, truths = world
    fitted = fit_scorer(recalled, truths, SOURCES, k=5, seed=0)
    assert fitted.confidences.mean() == pytest.approx(fitted.right.mean(), abs=0.04)


def test_a_source_that_fits_only_the_rows_it_saw_cannot_raise_cross_fitted_confidence(world):
    recalled, truths = world
    shuffled = [truths[i] for i in np.random.default_rng(0).permutation(ROWS)]
    fitted = fit_scorer(recalled, shuffled, SOURCES, k=5, seed=0)
    assert fitted.confidences.mean() == pytest.approx(fitted.right.mean(), abs=0.08)


def test_the_same_seed_gives_the_same_fit(world):
    recalled, truths = world
    one, two = (fit_scorer(recalled, truths, SOURCES, k=5, seed=4) for _ in range(2))
    assert one.scorer == two.scorer
    assert one.confidences.tolist() == two.confidences.tolist()


def test_a_row_may_have_several_right_categories(world):
    recalled, _ = world
    everything = [frozenset(range(CANDIDATES))] * ROWS
    fitted = fit_scorer(recalled, everything, SOURCES, k=5, seed=0)
    assert fitted.right.all()


def test_imputation_recovers_a_line():
    cosines = np.linspace(-1, 1, 20, dtype=np.float32)
    features = np.stack([3 * cosines - 1, cosines, 0 * cosines, -2 * cosines], axis=-1)[None]
    recalled = Recalled(
        np.arange(20)[None],
        features,
        np.ones(features.shape, np.bool_),
        cosines[None],
        np.ones((1, 20), np.int64),
        np.zeros((1, 20), np.int64),
        np.zeros((1, 1), np.int64),
        np.zeros((1, 1), np.float32),
    )
    line = fit_imputation(recalled)
    assert line.slopes == pytest.approx((3, 1, 0, -2), abs=1e-5)
    assert line.intercepts == pytest.approx((-1, 0, 0, 0), abs=1e-5)


def test_take_keeps_rows_parallel(world):
    recalled, truths = world
    rows = np.asarray([5, 1])
    part = recalled.take(rows)
    assert part.features[0].tolist() == recalled.features[5].tolist()
    scorer = fit_scorer(recalled, truths, SOURCES, k=5, seed=0).scorer
    assert (
        first_right(scorer.rank(part, 5), [truths[5], truths[1]]).tolist()
        == first_right(scorer.rank(recalled, 5), truths)[rows].tolist()
    )
