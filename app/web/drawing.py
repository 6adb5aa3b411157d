"""The graph as a picture: where its nodes stand, and which of them and of its edges a run took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Light = Literal["off", "running", "ran", "kept"]

# Column and row of every node; the tests compare nodes and edges with the graph that runs.
PLACES: Final[Mapping[str, tuple[int, int]]] = {
    "recommend": (0, 1),
    "accept": (2, 0),
    "decide": (4, 1),
    "define": (1, 2),
    "rank": (2, 2),
    "check": (3, 2),
    "widen": (2, 3),
}
EDGES: Final = (
    ("recommend", "accept"),
    ("recommend", "define"),
    ("recommend", "decide"),
    ("accept", "decide"),
    ("define", "rank"),
    ("rank", "check"),
    ("rank", "widen"),
    ("widen", "define"),
    ("widen", "check"),
    ("check", "decide"),
)
_WIDTH, _HEIGHT = 96, 34
_MARGIN = 8
_BEND = 30


@dataclass(frozen=True)
class Box:
    """A node; `x`, `y` are its middle."""

    node: str
    x: float
    y: float
    light: Light
    note: str


@dataclass(frozen=True)
class Line:
    """An edge, as the `d` of an SVG path."""

    path: str
    lit: bool


@dataclass(frozen=True)
class Drawing:
    """Sizes are in the units of its `viewBox`."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: float
    height: float
    box_width: float = _WIDTH
    box_height: float = _HEIGHT


def draw(lights: Mapping[str, Light], notes: Mapping[str, str], *, upright: bool = False) -> Drawing:
    """The graph with the path taken lit.

    Args:
        lights: of the nodes that ran, run or were taken over.
        notes: words under the name of a node, such as its time.
        upright: for a narrow screen, from top to bottom.
    """
    step_x, step_y = (104, 62) if upright else (124, 52)
    places = {n: (r, c) if upright else (c, r) for n, (c, r) in PLACES.items()}
    middles = {
        n: (_MARGIN + _WIDTH / 2 + x * step_x, _MARGIN + _HEIGHT / 2 + y * step_y)
        for n, (x, y) in places.items()
    }
    boxes = [Box(n, x, y, lights.get(n, "off"), notes.get(n, "")) for n, (x, y) in middles.items()]
    lines = [Line(_curve(middles[a], middles[b], upright), taken(a, b, lights)) for a, b in EDGES]
    return Drawing(
        boxes,
        sorted(lines, key=lambda line: line.lit),  # the lit ones on top
        max(b.x for b in boxes) + _WIDTH / 2 + _MARGIN,
        max(b.y for b in boxes) + _HEIGHT / 2 + _MARGIN,
    )


def taken(start: str, end: str, lights: Mapping[str, Light]) -> bool:
    """Whether a run went along an edge, judged by the nodes that ran."""
    if {start, end} - lights.keys():
        return False
    if (start, end) == ("recommend", "decide"):
        return not {"accept", "define"} & lights.keys()
    # What `widen` found leads back to `define`, and through `rank` to `check`.
    return (start, end) != ("widen", "check")


def lights_of(ran: Iterable[str], kept: Iterable[str] = ()) -> dict[str, Light]:
    """Lights of an outcome.

    Args:
        ran: nodes that ran.
        kept: nodes whose work was taken over.
    """
    taken_over: dict[str, Light] = dict.fromkeys(kept, "kept")
    again: dict[str, Light] = dict.fromkeys(ran, "ran")
    return taken_over | again


def _curve(start: tuple[float, float], end: tuple[float, float], upright: bool) -> str:
    (x1, y1), (x2, y2) = start, end
    if upright:
        return _bezier(y1, x1, y2, x2, _HEIGHT, swap=True)
    return _bezier(x1, y1, x2, y2, _WIDTH, swap=False)


def _bezier(a1: float, b1: float, a2: float, b2: float, length: float, *, swap: bool) -> str:
    """From the far side of one box to the near side of the other; `a` runs with the graph, `b` across it.

    Boxes cover the ends of lines that begin or end in their middle.
    """
    side = length / 2
    points = [(a1 + side, b1), (a1 + side + _BEND, b1), (a2 - side - _BEND, b2), (a2 - side, b2)]
    if a2 <= a1:  # back, around the corner
        points = [(a1, b1), (a2, b1), (a2, b1), (a2, b2)]
    written = [f"{b:g} {a:g}" if swap else f"{a:g} {b:g}" for a, b in points]
    return f"M {written[0]} C {', '.join(written[1:])}"
