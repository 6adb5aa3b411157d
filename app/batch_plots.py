"""The pictures of a batch's page, each an inline `<svg>`."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from app.batch_figures import BINS, Figures
from evaluation.svg import DOMAIN, DUAL, inline_svg, plain_style
from graph.batch.latency import TOTAL
from graph.batch.summary import RunSummary

_SIZE = (4.6, 3.2)
_SHOWN = 15
_NAME_CHARS = 28
_UNITS = (("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))
_FEWEST = 2
_DECADES_SHOWN = 5
_COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")


def status_plot(summary: RunSummary) -> str:
    """Rows by status."""
    with plain_style():
        figure = Figure(figsize=(_SIZE[0], 2.2))
        axes = figure.add_subplot()
        names = list(summary.shares)
        bars = axes.barh(names, list(summary.shares.values()), color=DUAL, height=0.6)
        labels = [f"{summary.shares[name]:.1%}, n={summary.statuses[name]:,}" for name in names]
        axes.bar_label(bars, labels, padding=4)
        axes.invert_yaxis()
        axes.set(xlabel="share of rows", xlim=(0, 1.4), xticks=np.linspace(0, 1, 5))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(False, axis="y")
        return inline_svg(figure, "status", "Share of rows by status")


def confidence_plot(figures: Figures) -> str:
    """Products by confidence, those that stopped at the gate apart."""
    with plain_style():
        figure = Figure(figsize=_SIZE)
        axes = figure.add_subplot()
        edges = np.linspace(0.0, 1.0, BINS + 1)
        parts = ((figures.accepted, DOMAIN, "stopped at the gate"), (figures.others, DUAL, "all others"))
        for counts, colour, label in parts:
            axes.stairs(counts, edges, color=colour, fill=True, alpha=0.35)
            axes.stairs(counts, edges, color=colour, label=label)
        axes.set(xlabel="confidence", ylabel="products", xlim=(0, 1))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(_COUNT)
        axes.legend(loc="upper left")
        return inline_svg(figure, "confidence", "Products by confidence")


def latency_plot(summary: RunSummary) -> str:
    """Median and 95th percentile of the time a product took, by node."""
    with plain_style():
        figure = Figure(figsize=(_SIZE[0], 1.3 + 0.3 * len(summary.latency_ms)))
        axes = figure.add_subplot()
        nodes = [*(node for node in summary.latency_ms if node != TOTAL), TOTAL]
        places = np.arange(len(nodes))
        lows = [summary.latency_ms[node].p50 for node in nodes]
        highs = [summary.latency_ms[node].p95 for node in nodes]
        axes.hlines(places, lows, highs, color=DUAL, lw=2)
        axes.plot(lows, places, "o", color=DOMAIN, label="median")
        axes.plot(highs, places, "o", color=DUAL, label="95th percentile")
        axes.set_yticks(places, nodes)
        axes.set(xlabel="time a product", xscale="log", ylim=(len(nodes) - 0.5, -0.5))
        axes.set_xlim(10 ** np.floor(np.log10(min(lows))), 10 ** np.ceil(np.log10(max(highs))))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _span(value)))
        axes.xaxis.set_major_locator(LogLocator(numticks=_DECADES_SHOWN))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        return inline_svg(figure, "latency", "Time a product by node")


def course_plot(figures: Figures) -> str:
    """Rows, and cost where there is any, over the working time."""
    with plain_style():
        figure = Figure(figsize=_SIZE)
        axes = figure.add_subplot()
        unit, length = _unit(figures.seconds[-1])
        time = [seconds / length for seconds in figures.seconds]
        axes.plot(time, figures.rows, color=DOMAIN, label="rows")
        axes.set(xlabel=f"working time, {unit}", ylabel="rows")
        axes.yaxis.set_major_formatter(_COUNT)
        handles, labels = axes.get_legend_handles_labels()
        if figures.cost[-1]:
            money = axes.twinx()
            (line,) = money.plot(time, figures.cost, color=DUAL)
            money.set(ylabel="USD", ylim=(0, None))
            money.grid(False)
            money.spines["right"].set_visible(True)
            handles, labels = [*handles, line], [*labels, "cost"]
        axes.set(xlim=(0, None), ylim=(0, None))
        axes.legend(handles, labels, loc="upper left")
        return inline_svg(figure, "course", "Rows and cost over the working time")


def department_plot(figures: Figures) -> str:
    """Products of the largest departments, and how many of them stopped at the gate."""
    with plain_style():
        shown = figures.departments[:_SHOWN]
        figure = Figure(figsize=(_SIZE[0], 1.0 + 0.27 * max(3, len(shown))))
        axes = figure.add_subplot()
        places = np.arange(len(shown))
        axes.barh(places, [d.products for d in shown], color=DUAL, height=0.6, label="all")
        axes.barh(places, [d.accepted for d in shown], color=DOMAIN, height=0.6, label="stopped at the gate")
        axes.set_yticks(places, [_short(department.name) for department in shown])
        axes.invert_yaxis()
        axes.set(xlabel="products")
        axes.xaxis.set_major_formatter(_COUNT)
        axes.grid(False, axis="y")
        axes.legend(loc="lower right")
        return inline_svg(figure, "departments", "Products by department")


def _span(milliseconds: float) -> str:
    """Such as `0.1 ms` or `10 s`."""
    second = 1000
    return f"{milliseconds / second:,g} s" if milliseconds >= second else f"{milliseconds:g} ms"


def _unit(seconds: float) -> tuple[str, float]:
    """The largest unit of which there are some, and its length in seconds."""
    return next((unit for unit in _UNITS if seconds >= _FEWEST * unit[1]), _UNITS[-1])


def _short(name: str) -> str:
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"
