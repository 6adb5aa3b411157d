"""The picture shows the graph that runs."""

from typing import Any

from app.web.drawing import EDGES, PLACES, draw, lights_of, taken
from graph.build import build_graph
from graph.context import Experts
from retrieval.gate import Gate


def test_nodes_and_edges_are_those_of_the_graph() -> None:
    nobody: Any = None
    gate = Gate(
        threshold=None,
        target_accuracy=0.5,
        confidence=0.5,
        rows=0,
        coverage=0,
        accuracy=None,
        lower_bound=None,
    )
    real = build_graph(Experts(nobody, gate)).get_graph(xray=True)
    names = {name: name.rpartition(":")[2] for name in real.nodes if not name.endswith("__")}
    edges = {(names[e.source], names[e.target]) for e in real.edges if {e.source, e.target} <= names.keys()}
    assert set(names.values()) == set(PLACES)
    through_the_start_of_the_subgraph = ("recommend", "define")
    assert edges | {through_the_start_of_the_subgraph} == set(EDGES)


def _lit(*nodes: str) -> set[tuple[str, str]]:
    lights = lights_of(nodes)
    return {edge for edge in EDGES if taken(*edge, lights)}


def test_an_accepted_product_lights_the_short_way() -> None:
    assert _lit("recommend", "accept", "decide") == {("recommend", "accept"), ("accept", "decide")}


def test_without_a_general_expert_it_goes_straight() -> None:
    assert _lit("recommend", "decide") == {("recommend", "decide")}


def test_a_deliberated_product_lights_the_long_way() -> None:
    assert _lit("recommend", "define", "rank", "check", "decide") == {
        ("recommend", "define"),
        ("define", "rank"),
        ("rank", "check"),
        ("check", "decide"),
    }


def test_a_fork_shows_what_it_took_over() -> None:
    drawing = draw(lights_of(["accept", "decide"], ["recommend"]), {"accept": "1.0 ms"})
    lights = {box.node: box.light for box in drawing.boxes}
    assert (lights["recommend"], lights["accept"], lights["rank"]) == ("kept", "ran", "off")
    assert [box.note for box in drawing.boxes if box.node == "accept"] == ["1.0 ms"]


def test_boxes_keep_apart_and_within_the_picture() -> None:
    for upright in (False, True):
        drawing = draw({}, {}, upright=upright)
        for one in drawing.boxes:
            assert drawing.box_width / 2 <= one.x <= drawing.width - drawing.box_width / 2
            assert drawing.box_height / 2 <= one.y <= drawing.height - drawing.box_height / 2
            for other in drawing.boxes:
                apart = (
                    abs(one.x - other.x) >= drawing.box_width or abs(one.y - other.y) >= drawing.box_height
                )
                assert apart or one is other
