import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from training.losses.class_weights import class_weights, log_priors
from training.losses.record import EffectiveNumber, InverseFrequency

COUNTS = np.array([100, 10, 1])


def test_balanced_weights_are_the_usual_ones() -> None:
    labels = np.repeat(np.arange(3), COUNTS)
    usual = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert class_weights(InverseFrequency(), COUNTS) == pytest.approx(usual)


def test_a_power_tempers_the_ratio_of_weights() -> None:
    weights = class_weights(InverseFrequency(power=0.5), COUNTS)
    assert weights[2] / weights[0] == pytest.approx(10.0)


@pytest.mark.parametrize("weighting", [InverseFrequency(power=0), EffectiveNumber(beta=0)])
def test_the_limits_leave_all_classes_alike(weighting: InverseFrequency | EffectiveNumber) -> None:
    assert class_weights(weighting, COUNTS) == pytest.approx(np.ones(3))


def test_effective_numbers_by_hand() -> None:
    weights = class_weights(EffectiveNumber(beta=0.5), np.array([1, 2]))
    # Effective numbers 1 and 1.5.
    assert weights[0] / weights[1] == pytest.approx(1.5)


def test_effective_numbers_near_1_are_inverse_frequencies() -> None:
    near = class_weights(EffectiveNumber(beta=1 - 1e-7), COUNTS)
    assert near == pytest.approx(class_weights(InverseFrequency(), COUNTS), rel=1e-4)


@pytest.mark.parametrize("weighting", [InverseFrequency(power=0.7), EffectiveNumber(beta=0.9)])
def test_the_mean_over_rows_is_one(weighting: InverseFrequency | EffectiveNumber) -> None:
    assert np.average(class_weights(weighting, COUNTS), weights=COUNTS) == pytest.approx(1.0)


def test_a_class_without_rows_counts_as_one_with_one() -> None:
    empty, single = np.array([5, 0]), np.array([5, 1])
    assert class_weights(InverseFrequency(), empty) == pytest.approx(
        class_weights(InverseFrequency(), single)
    )
    assert np.exp(log_priors(empty)) == pytest.approx([5 / 6, 1 / 6])
