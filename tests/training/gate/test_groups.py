from dataclasses import replace

import numpy as np
import pytest

from retrieval.gate import Opening
from training.gate.choose import choose_gate
from training.gate.groups import group_openings, moved
from training.gate.promise import Promise

CERTIFIED = Promise(0.9, 0.95, certified=True)
PLAIN = Promise(0.9, 0.95)


def sure(rows: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(rows, 0.99), np.ones(rows, np.bool_)


def test_each_group_has_the_threshold_its_own_rows_support() -> None:
    confidences = np.concatenate([np.linspace(0.5, 1, 400), np.linspace(0.5, 1, 300)])
    right = np.concatenate([np.linspace(0.5, 1, 400) > 0.6, np.linspace(0.5, 1, 300) > 0.8])
    names = ["de"] * 400 + ["fr"] * 300
    found = group_openings(confidences, right, names, PLAIN)
    assert list(found) == ["de", "fr"]
    assert found["de"] == PLAIN.opening(confidences[:400], right[:400])
    assert found["fr"] == PLAIN.opening(confidences[400:], right[400:])
    assert found["de"].threshold < found["fr"].threshold


def test_groups_are_ordered_by_size_then_by_name() -> None:
    found = group_openings(*sure(5), ["b", "c", "c", "a", "b"], PLAIN)
    assert list(found) == ["b", "c", "a"]


def test_certified_groups_share_the_level() -> None:
    """One of two groups needs more rows than one alone."""
    alone = CERTIFIED.fewest_rows
    both = replace(CERTIFIED, groups=2).fewest_rows
    assert both > alone
    two = group_openings(*sure(2 * both), ["a", "b"] * both, CERTIFIED)
    assert [part.threshold for part in two.values()] == [0.0, 0.0]
    rows = 2 * (both - 1)
    less = group_openings(*sure(rows), ["a", "b"] * (both - 1), CERTIFIED)
    assert sum(part.threshold is not None for part in less.values()) == 1


def test_groups_too_small_to_open_take_nothing_from_the_others() -> None:
    alone = CERTIFIED.fewest_rows
    names = ["large"] * alone + [f"small {i}" for i in range(40)]
    found = group_openings(*sure(len(names)), names, CERTIFIED)
    assert found["large"].threshold == 0.0
    assert all(part.threshold is None for name, part in found.items() if name != "large")


def test_a_group_outside_the_tested_ones_stays_shut_however_good_it_looks() -> None:
    """It has rows enough for the others' level, but was not counted when the level was shared."""
    count = next(n for n in range(2, 60) if replace(CERTIFIED, groups=n).fewest_rows > CERTIFIED.fewest_rows)
    size = replace(CERTIFIED, groups=count).fewest_rows - 1
    names = [f"g{i}" for i in range(count) for _ in range(size)]
    found = group_openings(*sure(len(names)), names, CERTIFIED)
    assert sum(part.threshold is not None for part in found.values()) == count - 1


def test_without_certified_each_group_stands_alone() -> None:
    alone = PLAIN.fewest_rows
    names = [f"g{i}" for i in range(20) for _ in range(alone)]
    found = group_openings(*sure(len(names)), names, PLAIN)
    assert all(part.threshold is not None for part in found.values())


def test_a_shut_group_names_its_own_confidence_not_its_share_of_it() -> None:
    found = group_openings(*sure(6), ["a", "a", "a", "b", "b", "b"], CERTIFIED)
    assert "90.0% with confidence 95.0%" in found["a"].note
    assert "3 held-out rows" in found["a"].note


@pytest.fixture
def gate():
    names = ["a"] * 200 + ["b"] * 100 + ["tiny"] * 2
    confidences = np.append(np.full(300, 0.9), [0.8, 0.8])
    right = np.ones(302, np.bool_)
    right[:2] = False
    return choose_gate(confidences, right, target_accuracy=0.9, confidence=0.95, per="locale", groups=names)


def test_the_gate_sums_its_groups_up(gate) -> None:
    assert gate.threshold is None
    assert gate.rows == 302
    assert gate.coverage == pytest.approx(300 / 302)
    assert gate.accuracy == pytest.approx(298 / 300)
    assert gate.lower_bound == pytest.approx(0.979, abs=0.001)
    assert (gate.note, gate.is_open) == ("", True)


def test_an_audit_moves_one_group_and_the_sums_follow(gate) -> None:
    found = Opening(
        threshold=0.95, rows=50, coverage=0.5, accuracy=0.96, lower_bound=0.9, source="audit", note="drift"
    )
    after = moved(gate, found, "a")
    assert after.groups["a"] == found
    assert after.groups["b"] == gate.groups["b"]
    assert after.rows == 152
    assert after.coverage == pytest.approx(125 / 152)
    assert after.accuracy == pytest.approx(124 / 125)
    assert (after.target_accuracy, after.per) == (0.9, "locale")


def test_an_audit_moves_a_gate_without_groups() -> None:
    gate = choose_gate(*sure(200), target_accuracy=0.9, confidence=0.95)
    found = Opening(threshold=0.5, rows=50, coverage=1, accuracy=0.96, lower_bound=0.9, source="audit")
    after = moved(gate, found)
    assert after.threshold == 0.5
    assert (after.source, after.target_accuracy) == ("audit", 0.9)


def test_moving_the_last_open_group_shut_says_so(gate) -> None:
    shut = Opening(threshold=None, rows=5, coverage=0, accuracy=None, lower_bound=None, source="audit")
    after = moved(moved(gate, shut, "a"), shut, "b")
    assert not after.is_open
    assert "none of 3 groups" in after.note
