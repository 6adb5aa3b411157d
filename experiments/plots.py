"""The forest plot of a comparison: what each candidate gains over the baseline, overall and by group."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from evaluation.contest import Gain, Standing
from evaluation.svg import DOMAIN, DUAL, FAINT, INK, inline_svg, plain_style
from experiments.result import Comparison

GROUPS_SHOWN = 8
_LEAST_CASES = 10
_LINE_INCHES = 0.26
_WIDTH_INCHES = 7.4
_MARGIN_INCHES = 0.9
_LABEL_CHARS = 44


@dataclass(frozen=True)
class Line:
    """One line of the plot."""

    label: str
    gain: Gain
    overall: bool


def forest_lines(comparison: Comparison, label: str) -> list[Line]:
    """Overall, then the largest groups of each breakdown that have enough cases to be looked at."""
    lines = [
        Line("all cases", gain, True) for gain in [_gain(comparison_standings(comparison), label)] if gain
    ]
    seen: dict[str, int] = {}
    for part in comparison.breakdowns:
        gain = _gain(part.standings, label)
        if gain is None or gain.n < _LEAST_CASES or seen.get(part.dimension, 0) >= GROUPS_SHOWN:
            continue
        seen[part.dimension] = seen.get(part.dimension, 0) + 1
        lines.append(Line(f"{part.dimension}: {part.group}", gain, False))
    return lines


def comparison_standings(comparison: Comparison) -> tuple[Standing, ...]:
    """Everybody over all cases."""
    return tuple(arm.standing for arm in comparison.arms)


def forest_plot(comparison: Comparison, label: str, name: str) -> str:
    """An inline `<svg>`; empty where there is nothing to draw.

    Args:
        label: the candidate.
        name: unique on the page.
    """
    lines = forest_lines(comparison, label)
    if not lines:
        return ""
    with plain_style():
        figure = Figure(figsize=(_WIDTH_INCHES, _MARGIN_INCHES + _LINE_INCHES * len(lines)))
        axes = figure.add_subplot()
        for place, line in enumerate(lines):
            found = line.gain.difference
            colour = DUAL if found.low > 0 else DOMAIN if found.high < 0 else INK
            axes.plot([100 * found.low, 100 * found.high], [place, place], color=colour, linewidth=1.4)
            marker, size = ("D", 6) if line.overall else ("o", 4)
            axes.plot([100 * found.value], [place], color=colour, marker=marker, markersize=size)
        axes.axvline(0, color=FAINT, linewidth=1.0)
        axes.set_yticks(range(len(lines)), [_tick(line) for line in lines])
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"points gained over {_short(comparison.baseline.label)}, with 95% interval")
        return inline_svg(figure, name, f"Gains of {_plain(label)} over the baseline with 95% intervals")


def _gain(standings: Sequence[Standing], label: str) -> Gain | None:
    return next((standing.gain for standing in standings if standing.name == label), None)


def _tick(line: Line) -> str:
    return f"{_short(line.label)} ({line.gain.n:,})"


def _short(text: str) -> str:
    return text if len(text) <= _LABEL_CHARS else f"{text[: _LABEL_CHARS - 1]}…"


def _plain(text: str) -> str:
    """For an attribute in quotes."""
    return "".join(c for c in text if c not in "\"'<>&")
