"""The gate's pictures, each drawn on the axes it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from evaluation.calibration import expected_calibration_error, reliability_bins
from retrieval.gate import Gate, Opening
from training.gate.acceptance import Acceptance
from training.gate.bounds import lower_bound, upper_bound

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_POINTS = 300
# The surest few swing between 0 and 1 and would set the scale for all the others.
_STEADY = 0.01
_GROUPS_SHOWN = 20
_PER = 1000


@dataclass(frozen=True)
class Palette:
    """Colours of text, of lines that stay back, of the expert and of the chosen gate."""

    ink: str
    faint: str
    expert: str
    gate: str


@dataclass(frozen=True)
class GateView:
    """A gate and the rows its evidence is drawn from.

    Attributes:
        confidences: of labelled rows, (n,), n at least 1.
        right: whether their first candidate was right, (n,).
        mended: share of mistakes that deliberation puts right; None while not measured.
    """

    gate: Gate
    confidences: npt.NDArray[np.floating]
    right: Bools
    mended: float | None

    @cached_property
    def seen(self) -> Acceptance:
        return Acceptance.observed(self.confidences, self.right)


def draw_coverage(axes: Axes, view: GateView, palette: Palette) -> None:
    """Accuracy against coverage with the band of the gate's confidence, the target and the chosen point."""
    seen, gate = view.seen, view.gate
    steady = np.flatnonzero(seen.accepted >= _STEADY * seen.rows)
    places = steady[np.linspace(0, len(steady) - 1, min(len(steady), _POINTS)).round().astype(int)]
    accepted, right = seen.accepted[places], seen.right[places]
    x = accepted / seen.rows
    low, high = lower_bound(right, accepted, gate.confidence), upper_bound(right, accepted, gate.confidence)
    label = f"Clopper–Pearson, {gate.confidence:.0%} each side"
    axes.fill_between(x, low, high, color=palette.expert, alpha=0.18, linewidth=0, label=label)
    axes.plot(x, right / accepted, color=palette.expert, label="right among the accepted")
    if gate.rule in ("clopper-pearson", "certified"):
        target = f"target {gate.target_accuracy:.1%}"
        axes.axhline(gate.target_accuracy, color=palette.ink, linestyle=":", linewidth=1, label=target)
    _mark(axes, gate, palette)
    axes.set(xlabel="share of products accepted, surest first", ylabel="right among them", xlim=(0, 1.01))
    _percent(axes)
    axes.legend(loc="lower left")


def _mark(axes: Axes, gate: Gate, palette: Palette) -> None:
    if gate.accuracy is None or gate.lower_bound is None:
        axes.plot([], [], linestyle="none", label="the gate is shut")
        return
    label = f"gate: {gate.coverage:.1%} accepted, {gate.accuracy:.1%} right, at least {gate.lower_bound:.1%}"
    axes.errorbar(
        [gate.coverage],
        [gate.accuracy],
        [[gate.accuracy - gate.lower_bound], [0.0]],
        color=palette.gate,
        fmt="D",
        ms=5,
        capsize=3,
        label=label,
    )


def draw_reliability(axes: Axes, view: GateView, palette: Palette) -> None:
    """Share right against confidence in bins of equal mass, with Wilson 95% intervals."""
    bins = reliability_bins(view.confidences, view.right)
    error = expected_calibration_error(view.confidences, view.right)
    x, shares = [part.confidence for part in bins], [part.accuracy for part in bins]
    whiskers = [[s.value - s.low for s in shares], [s.high - s.value for s in shares]]
    axes.plot([0, 1], [0, 1], color=palette.faint, linestyle="--", linewidth=1, label="perfect calibration")
    y = [s.value for s in shares]
    label = f"bins of equal mass, ECE {error:.3f}"
    axes.errorbar(x, y, whiskers, color=palette.expert, fmt="o-", ms=3, lw=1, elinewidth=0.7, label=label)
    if view.gate.threshold is not None:
        label = f"threshold {view.gate.threshold:.3f}"
        axes.axvline(view.gate.threshold, color=palette.gate, linewidth=1, label=label)
    axes.set(xlabel="confidence", ylabel="right", xlim=(0, 1.01), ylim=(0, 1.02))
    _percent(axes)
    axes.legend(loc="upper left")


def draw_cost(axes: Axes, view: GateView, palette: Palette) -> None:
    """Accuracy of all answers against what deliberation costs, over all thresholds."""
    shares, accuracies = _costed(view.seen, _mended(view))
    unit = _PER * view.gate.costs.llm if view.gate.costs else 1.0
    axes.plot(shares * unit, accuracies, color=palette.expert, label=_mending(view))
    axes.plot(
        *_chosen_cost(view, unit), marker="D", ms=5, color=palette.gate, linestyle="none", label="the gate"
    )
    if view.gate.costs:
        axes.set(xlabel=f"cost of deliberation per {_PER:,} products")
    else:
        axes.set(xlabel="share of products deliberated")
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(ylabel="right among all answers")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    axes.legend(loc="lower right")


def _costed(seen: Acceptance, mended: float) -> tuple[Doubles, Doubles]:
    """Share deliberated and accuracy of all answers at every threshold, from accepting nothing on."""
    accepted, right = np.append(0, seen.accepted), np.append(0, seen.right)
    wrong_after = (accepted - right) + (1 - mended) * ((seen.rows - accepted) - (right[-1] - right))
    return 1 - accepted / seen.rows, 1 - wrong_after / seen.rows


def _chosen_cost(view: GateView, unit: float) -> tuple[list[float], list[float]]:
    gate, whole = view.gate, float(view.right.mean())
    kept_wrong = gate.coverage * (1 - (gate.accuracy or 0.0))
    wrong_after = kept_wrong + (1 - _mended(view)) * (1 - whole - kept_wrong)
    return [(1 - gate.coverage) * unit], [1 - wrong_after]


def _mended(view: GateView) -> float:
    """What the gate was chosen with, else what was measured, else the best case."""
    if view.gate.costs:
        return view.gate.costs.mended
    return 1.0 if view.mended is None else view.mended


def _mending(view: GateView) -> str:
    measured = view.gate.costs.measured if view.gate.costs else view.mended is not None
    if not measured:
        return "if deliberation mended every mistake"
    return f"deliberation mends {_mended(view):.0%} of mistakes (measured)"


def draw_groups(axes: Axes, view: GateView, palette: Palette) -> None:
    """Accuracy and lower bound of every group's accepted rows, the largest groups first."""
    shown = list(view.gate.groups.items())[:_GROUPS_SHOWN]
    for place, (_, part) in enumerate(shown):
        if part.accuracy is not None and part.lower_bound is not None:
            below = [[part.accuracy - part.lower_bound], [0.0]]
            axes.errorbar([part.accuracy], [place], xerr=below, color=palette.gate, fmt="D", ms=4, capsize=2)
    target = view.gate.target_accuracy
    label = f"target {target:.1%}"
    axes.axvline(target, color=palette.ink, linestyle=":", linewidth=1, label=label)
    axes.set_yticks(range(len(shown)), [f"{name or 'none'}: {_state(part)}" for name, part in shown])
    axes.invert_yaxis()
    lowest = min((p.lower_bound for _, p in shown if p.lower_bound is not None), default=target)
    left = min(lowest, target) - 0.01
    axes.set(
        xlabel="right, lower bound",
        xlim=(left, 1.003),
        ylim=(len(shown) - 0.5, -0.5),
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(False, axis="y")
    axes.legend(loc="lower left")


def _state(part: Opening) -> str:
    if part.threshold is not None:
        return f"{part.coverage:.0%} of {part.rows:,}"
    more = "" if part.rows_needed is None else f", {part.rows_needed:,} more rows"
    return f"shut ({part.rows:,}{more})"


def _percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))


@dataclass(frozen=True)
class Picture:
    """One picture: what it is called, what a reader should see in it, and how to draw it."""

    name: str
    title: str
    caption: str
    draw: Callable[[Axes, GateView, Palette], None]


def pictures_of(gate: Gate) -> Sequence[Picture]:
    """Those that say something of this gate."""
    return PICTURES if gate.per else PICTURES[:-1]


PICTURES = (
    Picture(
        "coverage",
        "Accuracy against coverage",
        "How right the answers are if only the surest are accepted. A Clopper–Pearson promise holds where "
        "the lower edge of the band is above the target; a certified one asks for a little more.",
        draw_coverage,
    ),
    Picture(
        "reliability",
        "Reliability",
        "Of products with confidence c, the share c should be right. Confidences are of models that did not "
        "see the row.",
        draw_reliability,
    ),
    Picture(
        "cost",
        "Cost against accuracy",
        "What the language model adds: from deliberating nothing, left, to deliberating everything, right.",
        draw_cost,
    ),
    Picture(
        "groups",
        "Groups",
        "Each group's own threshold: the share of its rows accepted, and how right they are.",
        draw_groups,
    ),
)
