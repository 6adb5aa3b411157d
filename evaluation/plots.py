"""The plots of the report, each an inline `<svg>`."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from evaluation.proportion import Proportion
from evaluation.result import Evaluation, ExpertFigures, StatusFigures
from evaluation.svg import DOMAIN, DUAL, FAINT, INK, inline_svg, plain_style

_SIZE = (4.6, 3.5)
_STEADY = 0.01
_NAMES = {DOMAIN: "domain expert alone", DUAL: "dual expert"}


def _experts(evaluation: Evaluation) -> tuple[tuple[str, ExpertFigures], ...]:
    return (DOMAIN, evaluation.domain_expert), (DUAL, evaluation.dual_expert)


def _percent(axes: Axes, *, x: bool = False) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if x:
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))


def _whiskers(shares: Sequence[Proportion]) -> list[list[float]]:
    """Lengths of the error bars below and above, as matplotlib wants them."""
    return [[share.value - share.low for share in shares], [share.high - share.value for share in shares]]


def coverage_plot(evaluation: Evaluation) -> str:
    """Accuracy against coverage for both experts, with the gate's point."""
    with plain_style():
        figure = Figure(figsize=_SIZE)
        axes = figure.add_subplot()
        for colour, expert in _experts(evaluation):
            # The surest few swing between 0 and 1 and would set the scale for all the others.
            points = [point for point in expert.coverage if point.coverage >= _STEADY]
            x, y = [p.coverage for p in points], [p.accuracy for p in points]
            axes.plot([0.0, *x], [y[0], *y], color=colour, label=_NAMES[colour])
        _mark_gate(axes, evaluation)
        axes.set(xlabel="share of products answered, surest first", ylabel="right among them", xlim=(0, 1.01))
        _percent(axes, x=True)
        axes.legend(loc="best")
        return inline_svg(figure, "coverage", "Accuracy against coverage of both experts")


def _mark_gate(axes: Axes, evaluation: Evaluation) -> None:
    accepted = next(part for part in evaluation.statuses if part.status == "accepted")
    if accepted.domain_expert is None:
        return
    x, y = accepted.share.value, accepted.domain_expert.value
    label = f"gate: {x:.1%} accepted, {y:.1%} of them right"
    axes.plot([x], [y], marker="D", color=INK, linestyle="none", label=label)


def reliability_plot(evaluation: Evaluation) -> str:
    """Accuracy against confidence in bins of equal mass, and how many products have which confidence."""
    with plain_style():
        figure = Figure(figsize=(_SIZE[0], 4.2))
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1)
        for colour, expert in _experts(evaluation):
            shares = [part.accuracy for part in expert.reliability]
            x, y = [part.confidence for part in expert.reliability], [share.value for share in shares]
            upper.errorbar(
                x,
                y,
                _whiskers(shares),
                color=colour,
                fmt="o-",
                ms=3,
                lw=1,
                elinewidth=0.7,
                label=_NAMES[colour],
            )
            edges = np.linspace(0.0, 1.0, len(expert.histogram) + 1)
            lower.stairs(expert.histogram, edges, color=colour)
        upper.set(ylabel="right", ylim=(0, 1.02))
        lower.set(xlabel="confidence", ylabel="products", xlim=(0, 1.01))
        _percent(upper, x=True)
        upper.legend(loc="best")
        return inline_svg(figure, "reliability", "Accuracy against confidence of both experts")


def points_plot(evaluation: Evaluation) -> str:
    """Accuracy by the training products of the true category."""
    with plain_style():
        figure = Figure(figsize=_SIZE)
        axes = figure.add_subplot()
        places = np.arange(len(evaluation.points))
        columns = (
            (DOMAIN, [part.domain_expert for part in evaluation.points], -0.08),
            (DUAL, [part.dual_expert for part in evaluation.points], 0.08),
        )
        for colour, shares, shift in columns:
            y = [share.value for share in shares]
            axes.errorbar(
                places + shift, y, _whiskers(shares), color=colour, fmt="o-", ms=4, lw=1, label=_NAMES[colour]
            )
        ticks = [f"{part.name}\n{part.domain_expert.n:,}" for part in evaluation.points]
        axes.set_xticks(places, ticks)
        axes.set(xlabel="training products of the true category; below, n", xlim=(-0.5, len(places) - 0.5))
        axes.set(ylabel="right", ylim=(0, 1.02))
        axes.grid(False, axis="x")
        _percent(axes)
        axes.legend(loc="best")
        return inline_svg(figure, "points", "Accuracy by training products of the category")


def least_points_plot(evaluation: Evaluation) -> str:
    """Accuracy over the categories of at least so many training products (dual expert paper, Figure 4)."""
    with plain_style():
        figure = Figure(figsize=_SIZE)
        axes = figure.add_subplot()
        parts = evaluation.least_points
        places = np.arange(len(parts))
        for colour, shares in (
            (DOMAIN, [part.domain_expert for part in parts]),
            (DUAL, [part.dual_expert for part in parts]),
        ):
            axes.fill_between(
                places, [s.low for s in shares], [s.high for s in shares], color=colour, alpha=0.15
            )
            y = [share.value for share in shares]
            axes.plot(places, y, "o-", color=colour, ms=4, lw=1, label=_NAMES[colour])
        axes.set_xticks(places, [f"{part.least:,}\n{part.categories:,}" for part in parts])
        axes.set(xlabel="training products at least; below, categories", ylabel="right")
        axes.grid(False, axis="x")
        _percent(axes)
        axes.legend(loc="best")
        return inline_svg(figure, "least-points", "Accuracy by the minimum of training products")


def status_plot(evaluation: Evaluation) -> str:
    """Share of products by status."""
    with plain_style():
        figure = Figure(figsize=(_SIZE[0], 2.2))
        axes = figure.add_subplot()
        parts = evaluation.statuses
        bars = axes.barh([p.status for p in parts], [p.share.value for p in parts], color=DUAL, height=0.6)
        axes.bar_label(bars, [_status_text(part) for part in parts], padding=4)
        axes.invert_yaxis()
        axes.set(xlabel="share of products", xlim=(0, 1.3), xticks=np.linspace(0, 1, 5))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(False, axis="y")
        return inline_svg(figure, "status", "Share of products by status")


def _status_text(part: StatusFigures) -> str:
    return f"{part.share.value:.1%}, n={part.share.right:,}"
