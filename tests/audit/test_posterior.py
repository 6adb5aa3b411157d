import numpy as np
import pytest
from scipy.optimize import check_grad

from audit.noise import NoiseModel, tier_chances
from audit.posterior import _Problem, fit_posterior
from retrieval.taxonomy import Taxonomy

TAXONOMY = Taxonomy.from_paths([f"{d} > {p} > {leaf}" for d in "AB" for p in "XY" for leaf in "123"])
SIZE = len(TAXONOMY)
NOISE = NoiseModel(rate=0.12, shares=(0.7, 0.2, 0.1))
WEIGHTS = np.asarray([3.0, 1.0, 0.0, 0.0, 0.0])


def _simulated(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features of all categories, right and given labels, drawn from the model itself."""
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(rows, SIZE, len(WEIGHTS)))
    scores = np.exp(features @ WEIGHTS)
    right = np.asarray([draw.choice(SIZE, p=row / row.sum()) for row in scores])
    every = np.tile(np.arange(SIZE), (SIZE, 1))
    channel = NOISE.channel(tier_chances(TAXONOMY, every, np.arange(SIZE)), np.eye(SIZE, dtype=np.bool_))
    given = np.asarray([draw.choice(SIZE, p=channel[:, r] / channel[:, r].sum()) for r in right])
    return features, right, given, np.tile(np.arange(SIZE), (rows, 1))


def test_rate_shares_and_weights_are_recovered_without_seeing_the_truth() -> None:
    features, right, given, positions = _simulated(4000, seed=3)
    is_given = positions == given[:, None]
    valid = np.ones_like(is_given)
    tiers = tier_chances(TAXONOMY, positions, given)
    found = fit_posterior(features, valid, np.ones(valid.shape), tiers, is_given)
    assert found.noise.rate == pytest.approx(np.mean(right != given), abs=0.02)
    assert found.noise.shares == pytest.approx(NOISE.shares, abs=0.15)
    assert found.weights == pytest.approx(WEIGHTS.tolist(), abs=0.25)
    assert found.right.sum(axis=1) == pytest.approx(1.0)


def test_probabilities_of_being_wrong_are_calibrated() -> None:
    features, right, given, positions = _simulated(4000, seed=4)
    is_given = positions == given[:, None]
    tiers = tier_chances(TAXONOMY, positions, given)
    valid = np.ones_like(is_given)
    found = fit_posterior(features, valid, np.ones(valid.shape), tiers, is_given)
    wrong = 1 - found.right[is_given]
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.0)):
        inside = (wrong >= low) & (wrong < high)
        assert inside.sum() > 20
        assert np.mean(right != given, where=inside) == pytest.approx(wrong[inside].mean(), abs=0.08)


def test_the_gradient_is_that_of_the_loss() -> None:
    features, _, given, positions = _simulated(40, seed=5)
    is_given = positions == given[:, None]
    valid = np.random.default_rng(0).random(is_given.shape) > 0.2
    valid |= is_given
    log_counts = np.random.default_rng(1).random(is_given.shape)
    tiers = tier_chances(TAXONOMY, positions, given)
    problem = _Problem(features, valid, log_counts, tiers, is_given)
    at = np.asarray([1.0, 0.5, -0.3, 0.2, 0.1, -2.0, 0.3, -0.4, 0.2])
    error = check_grad(lambda p: problem.loss(p)[0], lambda p: problem.loss(p)[1], at)
    assert error < 1e-3


def test_padding_changes_nothing() -> None:
    features, _, given, positions = _simulated(60, seed=6)
    is_given = positions == given[:, None]
    tiers = tier_chances(TAXONOMY, positions, given)
    ones = np.ones(is_given.shape)
    plain = fit_posterior(features, np.ones_like(is_given), ones, tiers, is_given)
    more = [(0, 0), (0, 3)]
    padded = fit_posterior(
        np.pad(features, [*more, (0, 0)]),
        np.pad(np.ones_like(is_given), more),
        np.pad(ones, more, constant_values=1.0),
        np.pad(tiers, [*more, (0, 0)]),
        np.pad(is_given, more),
    )
    np.testing.assert_allclose(padded.right[:, :SIZE], plain.right, atol=1e-4)
    assert not padded.right[:, SIZE:].any()


def test_one_candidate_may_stand_for_several_alike() -> None:
    """Three categories of one score weigh as much as one of them that stands for three."""
    features = np.zeros((40, 4, 5))
    features[:, 0, 0] = np.random.default_rng(2).normal(size=40)
    given = np.tile([True, False, False, False], (40, 1))
    tiers = np.full((40, 4, 3), 0.25) * ~given[..., None]
    ones = np.ones(given.shape)
    apart = fit_posterior(features, ones > 0, ones, tiers, given)
    stand_for = np.tile([1.0, 3.0], (40, 1))
    together = fit_posterior(features[:, :2], stand_for > 0, stand_for, tiers[:, :2], given[:, :2])
    np.testing.assert_allclose(together.right, apart.right[:, :2], atol=1e-4)
