import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.gate.acceptance import Acceptance
from training.gate.bounds import lower_bound
from training.gate.certified import (
    STARTS,
    fallback,
    lowest_certified,
    start_confidence,
    starts,
    thresholds_tried,
)
from training.gate.clopper_pearson import lowest_bounded

targets = st.floats(0.05, 0.995)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, rows: int, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    confidences = rng.beta(6 * sharpness, sharpness, size=rows)
    return confidences, rng.random(rows) < confidences


@given(targets)
def test_the_order_of_the_tests_is_fixed_and_ends_with_everything(target: float) -> None:
    tried = thresholds_tried(target)
    assert (np.diff(tried) < 0).all()
    assert tried[0] < 1
    assert tried[-1] == 0
    assert starts(target).max() < len(tried)


def test_starts_are_at_parts_of_the_promised_error() -> None:
    tried = thresholds_tried(0.95)
    assert (1 - tried[starts(0.95)]).tolist() == pytest.approx([0.05 * 2**s for s in STARTS])


def test_all_starts_together_have_the_confidence() -> None:
    assert len(starts(0.9)) * (1 - start_confidence(0.9, 0.95)) == pytest.approx(0.05)


@given(seeds, st.integers(1, 3000), st.floats(0.3, 3), st.floats(0.6, 0.98), st.floats(0.5, 0.99))
def test_what_is_certified_passes_the_plain_bound_too(
    seed: int, rows: int, sharpness: float, target: float, confidence: float
) -> None:
    """So the lowest threshold by plain bounds is never above the certified one in what it accepts."""
    confidences, right = drawn(seed, rows, sharpness)
    certified = lowest_certified(confidences, right, target=target, confidence=confidence)
    if certified is None:
        return
    seen = Acceptance.at(np.asarray([certified]), confidences, right)
    assert lower_bound(seen.right, seen.accepted, confidence)[0] >= target
    plain = lowest_bounded(confidences, right, target=target, confidence=confidence)
    assert plain is not None
    assert (confidences >= plain).sum() >= seen.accepted[0]


@given(seeds, st.floats(0.6, 0.95))
def test_more_confidence_never_lowers_the_threshold(seed: int, confidence: float) -> None:
    confidences, right = drawn(seed, 800, 1.0)
    lax = lowest_certified(confidences, right, target=0.9, confidence=confidence)
    strict = lowest_certified(confidences, right, target=0.9, confidence=confidence + 0.04)
    assert strict is None or (lax is not None and lax <= strict)


@given(seeds)
def test_only_the_accepted_counts_matter_not_the_order_of_rows(seed: int) -> None:
    confidences, right = drawn(seed, 500, 1.0)
    order = np.random.default_rng(seed).permutation(500)
    found = lowest_certified(confidences, right, target=0.9, confidence=0.9)
    assert lowest_certified(confidences[order], right[order], target=0.9, confidence=0.9) == found


def test_nothing_is_certified_on_few_rows_and_much_on_many() -> None:
    sure = np.full(50, 0.999)
    assert lowest_certified(sure, np.ones(50, np.bool_), target=0.95, confidence=0.95) is None
    sure = np.full(500, 0.999)
    assert lowest_certified(sure, np.ones(500, np.bool_), target=0.95, confidence=0.95) == 0.0


def test_without_rows_nothing_is_certified() -> None:
    none = np.zeros(0)
    assert lowest_certified(none, none.astype(np.bool_), target=0.9, confidence=0.9) is None


def test_a_run_carries_its_level_to_the_next_start() -> None:
    chances = np.asarray([0.01, 0.01, 0.03, 0.03, 0.5, 0.01, 0.02])
    assert fallback(chances, np.asarray([0, 2, 5]), 0.02).tolist() == [0, 1, 2, 3, 5, 6]


def test_a_failure_loses_the_level() -> None:
    chances = np.asarray([0.03, 0.0, 0.03, 0.001])
    assert fallback(chances, np.asarray([0, 2]), 0.02).tolist() == []


@pytest.mark.parametrize("true_places", [[0], [4], [2, 3, 4, 5, 6, 7], [1, 5], list(range(8))])
def test_true_hypotheses_are_rejected_no_more_often_than_the_level(true_places: list[int]) -> None:
    """Worst case for the rest: false hypotheses always fall, true ones have uniform p-values."""
    rng, starting, share, rounds = np.random.default_rng(5), np.asarray([0, 3, 6]), 0.1, 4000
    wrong = 0
    for _ in range(rounds):
        chances = np.zeros(8)
        chances[true_places] = rng.random(len(true_places))
        wrong += bool(set(fallback(chances, starting, share).tolist()) & set(true_places))
    # Three standard errors above 3 starts of 0.1 each.
    assert wrong / rounds <= 0.3 + 3 * (0.3 * 0.7 / rounds) ** 0.5
