import re
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from app.gate_pictures import write_gate_pictures
from app.gate_plots import GateView, Palette, draw_cost, draw_coverage, pictures_of
from catalog.errors import SettingsError
from retrieval.gate import Costs, Gate
from training.gate.bounds import lower_bound
from training.gate.choose import choose_gate, least_cost_gate

CONFIDENCES = np.linspace(0.5, 1, 500, dtype=np.float32)
RIGHT = np.random.default_rng(0).random(500) < CONFIDENCES
ASKED = {"target_accuracy": 0.8, "confidence": 0.95}
PALETTE = Palette(ink="black", faint="grey", expert="red", gate="blue")
COSTS = Costs(llm=0.02, mistake=1, mended=0.4, measured=True)


def view(gate: Gate, mended: float | None = None) -> GateView:
    return GateView(gate, CONFIDENCES, RIGHT, mended)


def by_department(target: float = 0.8) -> Gate:
    names = ["A < b & c"] * 250 + ["D"] * 240 + ["tiny"] * 10
    return choose_gate(
        CONFIDENCES, RIGHT, target_accuracy=target, confidence=0.95, per="department", groups=names
    )


GATES = {
    "promise": choose_gate(CONFIDENCES, RIGHT, **ASKED),
    "certified": choose_gate(CONFIDENCES, RIGHT, **ASKED, certified=True),
    "shut": choose_gate(CONFIDENCES, RIGHT, target_accuracy=0.999, confidence=0.95),
    "groups": by_department(),
    "groups shut": by_department(0.9999),
    "cost": least_cost_gate(CONFIDENCES, RIGHT, COSTS, **ASKED),
}


def texts(path: Path) -> str:
    return " ".join(re.findall(r">([^<>]+)</text>", path.read_text("utf-8")))


@pytest.mark.parametrize("kind", GATES)
def test_the_page_stands_alone_and_every_picture_is_well_formed(kind: str, tmp_path: Path) -> None:
    page = write_gate_pictures(view(GATES[kind]), tmp_path / "gate.html").read_text("utf-8")
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == len(pictures_of(GATES[kind]))
    for picture in pictures:
        ET.fromstring(picture)
    assert not re.search(r'(src|href)="(?!#)', page)
    assert list(tmp_path.iterdir()) == [tmp_path / "gate.html"]


@pytest.mark.parametrize("kind", GATES)
def test_the_image_is_one(kind: str, tmp_path: Path) -> None:
    image = matplotlib.image.imread(write_gate_pictures(view(GATES[kind]), tmp_path / "new" / "gate.png"))
    height, width, _ = image.shape
    assert (width, height) == (1560, 1140)
    assert image[..., :3].std() > 0.05


def test_the_chosen_point_and_the_target_are_named(tmp_path: Path) -> None:
    gate = GATES["promise"]
    shown = texts(write_gate_pictures(view(gate), tmp_path / "gate.html"))
    assert f"gate: {gate.coverage:.1%} accepted, {gate.accuracy:.1%} right" in shown
    assert "target 80.0%" in shown
    assert f"threshold {gate.threshold:.3f}" in shown


def test_a_shut_gate_has_no_point(tmp_path: Path) -> None:
    assert "the gate is shut" in texts(write_gate_pictures(view(GATES["shut"]), tmp_path / "gate.html"))


def test_groups_are_named_with_what_a_shut_one_lacks(tmp_path: Path) -> None:
    page = write_gate_pictures(view(GATES["groups"]), tmp_path / "gate.html")
    missing = GATES["groups"].groups["tiny"].rows_needed
    assert f"tiny: shut (10, {missing:,} more rows)" in texts(page)
    assert "A &lt; b &amp; c: " in texts(page)


def test_the_band_is_clopper_pearsons() -> None:
    axes = Figure().add_subplot()
    draw_coverage(axes, view(GATES["promise"]), PALETTE)
    corners = axes.collections[0].get_paths()[0].vertices
    hits = int(RIGHT[CONFIDENCES.min() <= CONFIDENCES].sum())
    lowest_at_all = corners[corners[:, 0] == 1.0, 1].min()
    assert lowest_at_all == pytest.approx(float(lower_bound(hits, 500, 0.95)))


def test_cost_runs_from_the_expert_alone_to_deliberating_everything() -> None:
    axes = Figure().add_subplot()
    draw_cost(axes, view(GATES["cost"]), PALETTE)
    curve, point = axes.get_lines()
    accuracy = RIGHT.mean()
    ends = dict(zip(curve.get_xdata(), curve.get_ydata(), strict=True))
    assert ends[0.0] == pytest.approx(accuracy)
    assert ends[20.0] == pytest.approx(accuracy + 0.4 * (1 - accuracy))
    gate = GATES["cost"]
    accepted = gate.limit() <= CONFIDENCES
    mended = 1 - (~RIGHT & accepted).mean() - 0.6 * (~RIGHT & ~accepted).mean()
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((20 * (~accepted).mean(), mended))


def test_the_best_case_is_called_so_while_nothing_was_measured(tmp_path: Path) -> None:
    best = texts(write_gate_pictures(view(GATES["promise"]), tmp_path / "gate.html"))
    assert "if deliberation mended every mistake" in best
    known = texts(write_gate_pictures(view(GATES["promise"], mended=0.3), tmp_path / "gate.html"))
    assert "mends 30% of mistakes (measured)" in known


@pytest.mark.parametrize("name", ["gate.pdf", "gate"])
def test_other_files_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--plot"):
        write_gate_pictures(view(GATES["promise"]), tmp_path / name)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_gate_pictures(view(GATES["promise"]), tmp_path / "file" / "gate.png")
