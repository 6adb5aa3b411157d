import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.gate.acceptance import Acceptance

rows = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.50001, 0.9, 1.0]), st.booleans()), max_size=30)


@given(rows, st.lists(st.floats(0, 1), max_size=5))
def test_counts_are_those_of_the_rows_at_or_above(seen: list[tuple[float, bool]], asked: list[float]) -> None:
    confidences, right = np.asarray([c for c, _ in seen]), np.asarray([r for _, r in seen], dtype=np.bool_)
    thresholds = np.asarray(sorted(asked, reverse=True))
    found = Acceptance.at(thresholds, confidences, right)
    assert found.rows == len(seen)
    assert found.accepted.tolist() == [int((confidences >= t).sum()) for t in thresholds]
    assert found.right.tolist() == [int(right[confidences >= t].sum()) for t in thresholds]


def test_rows_that_tie_are_accepted_together() -> None:
    found = Acceptance.observed([0.7, 0.9, 0.7, 0.7], np.asarray([True, True, False, True]))
    assert found.thresholds.tolist() == [0.9, 0.7]
    assert found.accepted.tolist() == [1, 4]
    assert found.right.tolist() == [1, 3]


def test_a_single_precision_confidence_reaches_its_own_threshold() -> None:
    confidences = np.asarray([0.1, 0.7, 0.9], np.float32)
    found = Acceptance.observed(confidences, np.ones(3, np.bool_))
    assert found.accepted.tolist() == [1, 2, 3]
    assert all(float(c) >= t for c, t in zip(confidences[::-1], found.thresholds, strict=True))
