"""Matplotlib figures as SVG that takes its colours and its font from the page around it."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.figure import Figure

# Matplotlib must be given real colours: these stand for the page's CSS variables until the SVG is made.
INK, FAINT, DOMAIN, DUAL = "#010101", "#020202", "#030303", "#040404"
_VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)", DOMAIN: "var(--domain)", DUAL: "var(--dual)"}


@contextmanager
def plain_style() -> Iterator[None]:
    """The look of all plots; make and save a figure inside it."""
    style = matplotlib.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "dual-expert",
            "font.size": 9.5,
            "text.color": INK,
            "text.parse_math": False,
            "axes.edgecolor": FAINT,
            "axes.labelcolor": INK,
            "axes.facecolor": "none",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": FAINT,
            "grid.linewidth": 0.4,
            "xtick.color": FAINT,
            "ytick.color": FAINT,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "legend.frameon": False,
            "figure.facecolor": "none",
            "figure.constrained_layout.use": True,
        }
    )
    with style:
        yield


def inline_svg(figure: Figure, name: str, label: str) -> str:
    """`figure` as an `<svg>` element that scales with its container.

    Args:
        name: unique on the page; every id in the element starts with it.
        label: what a screen reader says.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    drawn = buffer.getvalue()
    body = drawn[drawn.index(">", drawn.index("<svg")) + 1 :]
    width, height = (72 * inches for inches in figure.get_size_inches())
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}">'
    return head + _adapted(body, name)


def _adapted(body: str, name: str) -> str:
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, variable)
    body = body.replace("xlink:href", "href")
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    return re.sub(r"font-family: [^;\"]*", "font-family: system-ui, sans-serif", body)
