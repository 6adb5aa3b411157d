import numpy as np
import pytest

from training.gate.acceptance import Acceptance
from training.gate.bounds import fewest_rows
from training.gate.promise import Promise
from training.gate.shortfall import more_rows


def seen(confidences: list[float], right: list[bool]) -> Acceptance:
    return Acceptance.observed(confidences, np.asarray(right, dtype=np.bool_))


def test_few_rows_lack_what_perfect_ones_would_need() -> None:
    assert more_rows(seen([0.9] * 5, [True] * 5), 0.95, 0.95) == fewest_rows(0.95, 0.95) - 5
    assert more_rows(seen([], []), 0.95, 0.95) == fewest_rows(0.95, 0.95)


def test_no_number_helps_where_even_the_surest_are_wrong_too_often() -> None:
    right = [i % 2 == 0 for i in range(400)]
    assert more_rows(seen([0.9] * 200 + [0.1] * 200, right), 0.95, 0.95) is None


def test_the_share_that_is_sure_counts() -> None:
    """40 sure and right among 400 rows: ten rows are labelled for each that counts."""
    confidences, right = [0.99] * 40 + [0.2] * 360, [True] * 40 + [False] * 360
    more = more_rows(seen(confidences, right), 0.95, 0.95)
    assert more is not None
    assert 10 * 60 < 400 + more < 10 * 120


@pytest.mark.parametrize("certified", [True, False])
def test_with_the_rows_it_asks_for_the_gate_usually_opens(certified: bool) -> None:
    promise = Promise(0.95, 0.95, certified)
    rng = np.random.default_rng(8)

    def rows(n: int) -> tuple[np.ndarray, np.ndarray]:
        confidences = rng.choice([0.96, 0.975, 0.4], size=n)
        return confidences, rng.random(n) < confidences

    opened = 0
    for _ in range(40):
        confidences, right = rows(150)
        more = promise.shut(Acceptance.observed(confidences, right)).rows_needed
        if more is not None:
            further = rows(more)
            joined = np.append(confidences, further[0]), np.append(right, further[1])
            opened += promise.threshold(*joined) is not None
    assert opened >= 8
