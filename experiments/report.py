"""A comparison as one page to read, and the files beside it."""

import math
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from experiments.checks import difference_text
from experiments.files import to_csv, to_json, to_junit
from experiments.plots import forest_plot
from experiments.result import DIMENSIONS, CaseResult, Comparison, answer_of, disagree, outcome
from graph.batch.files import write_atomic

REPORT_FILE = "report.html"
DATA_FILE = "comparison.json"
TABLE_FILE = "cases.csv"
JUNIT_FILE = "junit.xml"
_SMALLEST_P = 0.0001
_GROUPS_SHOWN = 30


def write_report(comparison: Comparison, out: Path) -> Path:
    """Write page, JSON, CSV and JUnit XML into the folder `out`, made where missing; returns the page.

    The page holds everything it shows: it loads nothing from elsewhere.

    Raises:
        WorkspaceError: the disk is full or refuses.
    """
    out.mkdir(parents=True, exist_ok=True)
    files = {
        DATA_FILE: to_json(comparison),
        TABLE_FILE: to_csv(comparison),
        JUNIT_FILE: to_junit(comparison),
        REPORT_FILE: render(comparison),
    }
    for name, text in files.items():
        write_atomic(out / name, [text.encode()])
    return out / REPORT_FILE


def render(comparison: Comparison) -> str:
    """The page as HTML; everything that comes from catalogs, prompts and models is escaped."""
    shown = [case for case in comparison.cases if disagree(case, comparison.judge)]
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            comparison=comparison,
            dimensions=DIMENSIONS,
            groups_shown=_GROUPS_SHOWN,
            cases=shown,
            outcomes=[_outcomes(case, comparison) for case in shown],
            answer_of=answer_of,
            difference_text=difference_text,
            # Drawn by us, and matplotlib escapes what stands in it.
            plots=[
                Markup(forest_plot(comparison, arm.label, f"forest{place}"))
                for place, arm in enumerate(comparison.candidates)
            ],
        )
    )


def _outcomes(case: CaseResult, comparison: Comparison) -> Mapping[str, str]:
    baseline = comparison.baseline.label
    return {arm.label: outcome(case, baseline, arm.label, comparison.judge) for arm in comparison.candidates}


def _environment() -> Environment:
    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": lambda value: f"{100 * value:.1f}%",
        "points": lambda value: f"{100 * value:+.1f}",
        "count": lambda value: f"{value:,.0f}",
        "money": _money,
        "p_value": lambda p: f"< {_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.4f}".rstrip("0").rstrip("."),
    }
    return environment


def _money(value: float | None) -> str:
    """USD with as many digits as it takes to see it."""
    if value is None:
        return "no price"
    digits = 2 if value == 0 or value >= 1 else 1 - math.floor(math.log10(value))
    return f"${value:,.{digits}f}"
