from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.resampling import Resampling, class_sizes, resampled_rows

CLASSES = np.array([7] * 80 + [3] * 15 + [5] * 5)
LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=80).map(lambda c: np.array(c, dtype=np.int64))
RESAMPLINGS = st.builds(Resampling, power=st.floats(0, 1), most=st.none() | st.integers(1, 40))


def seen(resampling: Resampling, seed: int = 0, epoch: int = 0) -> list[int]:
    return resampled_rows(CLASSES, resampling, seed=seed, epoch=epoch).tolist()


def test_nothing_asked_is_every_row_once() -> None:
    assert seen(Resampling()) == list(range(100))


def test_power_0_makes_classes_equal_and_keeps_the_size() -> None:
    counts = Counter(CLASSES[seen(Resampling(power=0))].tolist())
    assert counts == {7: 33, 3: 33, 5: 33}


def test_a_power_between_tempers_by_hand() -> None:
    # Square roots of 64, 16 and 1: 8, 4 and 1 of 13 shares of 81 rows.
    assert class_sizes(np.array([64, 16, 1]), Resampling(power=0.5)).tolist() == [50, 25, 6]


def test_a_threshold_draws_without_replacement() -> None:
    rows = seen(Resampling(most=10))
    assert len(set(rows)) == len(rows)
    assert Counter(CLASSES[rows].tolist()) == {7: 10, 3: 10, 5: 5}


def test_a_class_that_grows_repeats_its_rows_evenly() -> None:
    times = Counter(row for row in seen(Resampling(power=0)) if CLASSES[row] == 5)
    assert sorted(times.values()) == [6, 6, 7, 7, 7]


def test_the_same_seed_and_epoch_repeat_and_another_of_either_differs() -> None:
    half = Resampling(power=0.5)
    assert seen(half) == seen(half)
    assert seen(half) != seen(half, epoch=1)
    assert seen(half) != seen(half, seed=1)


def test_over_many_epochs_every_row_of_a_class_is_seen_alike() -> None:
    times = Counter(row for epoch in range(500) for row in seen(Resampling(most=20), epoch=epoch))
    frequent = [times[row] for row in range(80)]
    assert min(frequent) > 90
    assert max(frequent) < 165


@given(LABELS, RESAMPLINGS, st.integers(0, 50))
def test_every_class_keeps_a_row_and_gets_its_size(
    classes: np.ndarray, resampling: Resampling, seed: int
) -> None:
    rows = resampled_rows(classes, resampling, seed=seed, epoch=0)
    assert sorted(rows.tolist()) == rows.tolist()
    present, counts = np.unique(classes, return_counts=True)
    drawn = Counter(classes[rows].tolist())
    sizes = class_sizes(counts, resampling)
    assert drawn == dict(zip(present.tolist(), sizes.tolist(), strict=True))
    assert min(drawn.values()) >= 1
    assert resampling.most is None or max(drawn.values()) <= resampling.most


@pytest.mark.parametrize("power", [0.0, 0.3, 1.0])
def test_without_a_limit_the_number_of_rows_stays_but_for_rounding(power: float) -> None:
    assert abs(len(seen(Resampling(power=power))) - 100) <= 2
