"""The gate's pictures as one file: a page that stands alone, or an image."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from app.gate_plots import GateView, Palette, Picture, pictures_of
from catalog.errors import SettingsError
from evaluation.svg import DOMAIN, DUAL, FAINT, INK, inline_svg, plain_style
from training.gate.describe import gate_line

_PAGE: Final = Palette(ink=INK, faint=FAINT, expert=DOMAIN, gate=DUAL)
_PRINT: Final = Palette(ink="#1c2430", faint="#a3abb6", expert="#c2570c", gate="#0b62b8")
_SIZE = (5.2, 3.8)
_DPI = 150


def write_gate_pictures(view: GateView, path: Path) -> Path:
    """Draw the gate into `path`, an `.html` page or a `.png` image; replaced in one step.

    Raises:
        SettingsError: another suffix, or a file that cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _RENDERERS:
        raise SettingsError(f"`--plot` is {str(path)!r}.", fix="Name a file that ends in `.html` or `.png`.")
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _RENDERERS[suffix](view, partial)
        os.replace(partial, path)
    except OSError as error:
        raise SettingsError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error
    return path


def _page(view: GateView, path: Path) -> None:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    # Drawn by us; matplotlib escapes the names of groups.
    plots = [(picture, Markup(_svg(view, picture))) for picture in pictures_of(view.gate)]
    page = environment.get_template("gate_page.html.jinja").render(line=gate_line(view.gate), plots=plots)
    path.write_text(page, "utf-8", errors="replace")


def _svg(view: GateView, picture: Picture) -> str:
    with plain_style():
        figure = Figure(figsize=_SIZE)
        picture.draw(figure.add_subplot(), view, _PAGE)
        return inline_svg(figure, picture.name, picture.title)


def _image(view: GateView, path: Path) -> None:
    shown = pictures_of(view.gate)
    colours = matplotlib.rc_context(
        {
            "text.color": _PRINT.ink,
            "axes.labelcolor": _PRINT.ink,
            "xtick.labelcolor": _PRINT.ink,
            "ytick.labelcolor": _PRINT.ink,
            "axes.edgecolor": _PRINT.faint,
            "grid.color": _PRINT.faint,
            "xtick.color": _PRINT.faint,
            "ytick.color": _PRINT.faint,
            "figure.facecolor": "white",
        }
    )
    with plain_style(), colours:
        rows = (len(shown) + 1) // 2
        figure = Figure(figsize=(2 * _SIZE[0], rows * _SIZE[1]))
        for place, picture in enumerate(shown, start=1):
            axes = figure.add_subplot(rows, 2, place)
            picture.draw(axes, view, _PRINT)
            axes.set_title(picture.title)
        figure.savefig(path, format="png", dpi=_DPI)


_RENDERERS: Mapping[str, Callable[[GateView, Path], None]] = {".html": _page, ".png": _image}
