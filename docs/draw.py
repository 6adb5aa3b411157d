"""Draw the graph into the README: `python -m docs.draw`."""

from pathlib import Path

from graph.build import build_graph
from graph.context import Experts
from retrieval.gate import Gate

README = Path(__file__).parent.parent / "README.md"
OPENING, CLOSING = "<!-- graph -->\n", "<!-- /graph -->"


def drawing() -> str:
    """Mermaid of the graph with its deliberation subgraph."""
    shut = Gate(
        threshold=None,
        target_accuracy=0.5,
        confidence=0.5,
        rows=0,
        coverage=0,
        accuracy=None,
        lower_bound=None,
    )
    # Drawing calls no expert.
    graph = build_graph(Experts(None, shut))  # type: ignore[arg-type]
    return f"```mermaid\n{graph.get_graph(xray=True).draw_mermaid()}```\n"


def drawn_readme(text: str) -> str:
    """The README's text with the drawing between its marks."""
    before, _, rest = text.partition(OPENING)
    _, _, after = rest.partition(CLOSING)
    return before + OPENING + drawing() + CLOSING + after


if __name__ == "__main__":
    README.write_text(drawn_readme(README.read_text("utf-8")), "utf-8")
