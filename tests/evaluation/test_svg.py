import re
import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from evaluation.svg import DUAL, inline_svg, plain_style


def drawn(name: str) -> str:
    with plain_style():
        figure = Figure(figsize=(2, 1))
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=DUAL, marker="o")
        axes.set(xlabel="a < b & $5")
        return inline_svg(figure, name, "a plot")


def test_it_is_one_well_formed_element_named_for_screen_readers() -> None:
    element = ET.fromstring(drawn("one"))
    assert (element.tag, element.get("viewBox"), element.get("role")) == ("svg", "0 0 144 72", "img")
    assert element.get("aria-label") == "a plot"


def test_it_takes_colours_and_font_from_the_page() -> None:
    svg = drawn("one")
    assert "var(--dual)" in svg
    assert not re.search(r"#0[1-4]0[1-4]0[1-4]", svg)
    assert "DejaVu" not in svg


def test_text_stays_text_and_is_escaped() -> None:
    assert "a &lt; b &amp; $5" in drawn("one")


def test_it_points_nowhere_outside() -> None:
    assert "http" not in drawn("one")


def test_two_plots_share_no_id_and_every_reference_is_met() -> None:
    one, two = drawn("one"), drawn("two")
    ids = set(re.findall(r'\bid="([^"]+)"', one))
    assert ids.isdisjoint(re.findall(r'\bid="([^"]+)"', two))
    references = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one))
    assert references
    assert {a or b for a, b in references} <= ids


def test_the_same_figure_gives_the_same_text() -> None:
    assert drawn("one") == drawn("one")
