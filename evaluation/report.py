"""The evaluation as a page to read and a file for machines."""

import json
import os
from collections.abc import Mapping
from math import sqrt
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluation.classes import worst_classes
from evaluation.matrix import confusion_matrix
from evaluation.plots import coverage_plot, least_points_plot, points_plot, reliability_plot, status_plot
from evaluation.result import Evaluation

REPORT_FILE = "report.html"
DATA_FILE = "evaluation.json"

_SMALLEST_P = 0.0001
_DEPARTMENTS_SHOWN = 40
_LOCALES_SHOWN = 40
# Full colour would hide the figure that stands on it; the square root lets small shares be seen.
_DEEPEST_TINT = 60


def write_report(evaluation: Evaluation, out: Path, meta: Mapping[str, str]) -> Path:
    """Write `report.html` and `evaluation.json` into the folder `out`, made where missing.

    The page holds everything it shows: it loads nothing from elsewhere.

    Args:
        meta: what was evaluated, such as catalog, split and workspace; shown in the given order and kept
            in the JSON as `meta`.

    Returns:
        The path of the page.
    """
    described = evaluation.model_copy(update={"meta": dict(meta)})
    out.mkdir(parents=True, exist_ok=True)
    data = json.dumps(described.model_dump(), ensure_ascii=False, indent=1, allow_nan=False)
    _write(out / DATA_FILE, data + "\n")
    return _write(out / REPORT_FILE, render(described))


def render(evaluation: Evaluation) -> str:
    """The page as HTML; everything that comes from the catalog is escaped."""
    accepted = next(part for part in evaluation.statuses if part.status == "accepted")
    right = evaluation.dual_expert.accuracy
    plots = {
        "coverage": coverage_plot(evaluation),
        "reliability": reliability_plot(evaluation),
        "points": points_plot(evaluation),
        "least_points": least_points_plot(evaluation),
        "status": status_plot(evaluation),
    }
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            evaluation=evaluation,
            accepted=accepted,
            departments_shown=_DEPARTMENTS_SHOWN,
            locales_shown=_LOCALES_SHOWN,
            matrix=confusion_matrix(evaluation.confused_departments),
            worst=worst_classes(evaluation.classes),
            wrong=right.n - right.right,
            # Drawn by us from figures and fixed words alone, so not to be escaped.
            plots={name: Markup(plot) for name, plot in plots.items()},
        )
    )


def _environment() -> Environment:
    folder = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {
        "percent": _percent,
        "bare_percent": lambda value: f"{100 * value:.1f}",
        "points": lambda value: f"{100 * value:+.1f}",
        "decimal": lambda value: f"{value:.3f}",
        "tint": lambda share: f"{_DEEPEST_TINT * sqrt(share):.0f}%",
        "count": lambda value: f"{value:,}",
        "p_value": lambda p: f"= {p:.4f}" if p >= _SMALLEST_P else f"< {_SMALLEST_P}",
    }
    return environment


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}%"


def _write(path: Path, text: str) -> Path:
    """Replace `path` in one step; what UTF-8 cannot hold, such as a lone surrogate, becomes `?`."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(text.encode("utf-8", errors="replace"))
    os.replace(partial, path)
    return path
