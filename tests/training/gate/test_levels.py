"""Inner levels are certified on the answers that nothing deeper accepts, under the same promise."""

import numpy as np

from retrieval.gate import SHUT
from training.gate.choose import choose_gate
from training.gate.levels import level_openings, with_levels
from training.gate.promise import Promise

PROMISE = Promise(0.9, 0.9)
N = 400


def rows(inner_right: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half of the answers sure of their leaf, all right; of the others the parent, at confidence 0.8."""
    leaf = np.repeat([0.99, 0.2], N // 2)
    confidences = np.repeat([0.99, 0.8], N // 2)[:, None]
    right = np.ones((N, 1), np.bool_)
    right[N // 2 : N // 2 + round((1 - inner_right) * N // 2)] = False
    return leaf, confidences, right


def test_a_sure_parent_is_certified_where_the_leaf_is_not() -> None:
    leaf, confidences, right = rows(0.98)
    (opening,) = level_openings(confidences, right, leaf > 0.5, PROMISE)
    assert opening.threshold == 0.8
    assert opening.rows == N // 2


def test_answers_with_a_certified_leaf_do_not_speak_for_the_parents_of_others() -> None:
    leaf, confidences, right = rows(0.85)
    # Over all rows 92.5% of the parents are right, which would do.
    assert PROMISE.threshold(confidences[:, 0], right[:, 0]) == 0.8
    (opening,) = level_openings(confidences, right, leaf > 0.5, PROMISE)
    assert opening.threshold is None


def test_deeper_levels_go_first() -> None:
    confidences = np.tile([[0.9, 0.9]], (N, 1))
    right = np.ones((N, 2), np.bool_)
    root, below = level_openings(confidences, right, np.zeros(N, np.bool_), PROMISE)
    assert (below.rows, below.threshold) == (N, 0.9)
    assert (root.rows, root.threshold) == (0, None)


def test_the_gate_keeps_its_leaf_threshold_and_gets_one_a_level() -> None:
    leaf, confidences, right = rows(0.98)
    gate = choose_gate(leaf, leaf > 0.5, target_accuracy=0.9, confidence=0.9)
    found = with_levels(gate, confidences, right, leaf, [""] * N)
    assert found.threshold == gate.threshold == 0.99
    assert (found.level_limit(0), found.level_limit(1)) == (0.8, SHUT)
    assert not found.accept_inner
