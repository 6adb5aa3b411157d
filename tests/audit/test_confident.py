import numpy as np
import pytest

from audit.confident import confident_learning

# Rows over three categories; the labels of the third and the last are denied.
PROBABILITIES = np.asarray(
    [[0.9, 0.1, 0.0], [0.7, 0.3, 0.0], [0.2, 0.8, 0.0], [0.1, 0.9, 0.0], [0.3, 0.7, 0.0], [0.55, 0.45, 0.0]]
)
LABELS = np.asarray([0, 0, 0, 1, 1, 1])
POSITIONS = np.tile(np.arange(3), (6, 1))


def test_thresholds_joint_and_estimate_as_worked_out_by_hand() -> None:
    found = confident_learning(PROBABILITIES, POSITIONS, LABELS)
    assert found.thresholds.tolist() == pytest.approx([0.6, (0.9 + 0.7 + 0.45) / 3, np.inf])
    assert found.confident.tolist() == [0, 0, 1, 1, 1, -1]
    assert found.issues.tolist() == [False, False, True, False, False, False]
    # One of three confident rows labelled 0 counts for 1, none of two labelled 1: 1/3 of 3 labels.
    assert found.estimated == pytest.approx(1.0)


def test_sparse_rows_in_any_order_give_the_same() -> None:
    order = np.asarray([2, 0, 1])
    positions = np.pad(POSITIONS[:, order], [(0, 0), (0, 1)], constant_values=-1)
    probabilities = np.pad(PROBABILITIES[:, order], [(0, 0), (0, 1)])
    found = confident_learning(probabilities, positions, LABELS)
    assert found.confident.tolist() == [0, 0, 1, 1, 1, -1]
