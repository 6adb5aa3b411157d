"""Cases to deliberate on."""

from collections.abc import Sequence

from agents.case import Candidate, Case, Definition, Neighbour, Recommendation
from catalog.product import Product

PATHS = ("Sports > Yoga > Mats", "Garden > Hoses", "Home > Mats")
SCORES = (0.5, 0.3, 0.1)


def a_case(
    paths: Sequence[str] = PATHS,
    scores: Sequence[float] = SCORES,
    *,
    locale: str = "",
    product_id: str = "p",
    defined: bool = False,
) -> Case:
    """A product with candidates `c0`, `c1`, … of these paths."""
    candidates = tuple(
        Candidate(category_id=f"c{i}", category_path=path, score=score, source="head")
        for i, (path, score) in enumerate(zip(paths, scores, strict=True))
    )
    near = Neighbour(product_id="n", title="A near product", category_path=paths[0], similarity=0.9)
    return Case(
        product=Product(product_id=product_id, title="Yoga mat, red", brand="Acme", locale=locale),
        recommendation=Recommendation(candidates=candidates, confidence=0.4, neighbours=(near,)),
        definitions=tuple(a_definition(c) for c in candidates) if defined else (),
    )


def a_definition(candidate: Candidate) -> Definition:
    return Definition(
        category_id=candidate.category_id,
        category_path=candidate.category_path,
        text=f"All that belongs to {candidate.category_id}.",
        method="llm",
        terms=(),
        example_ids=(),
        sibling_ids=(),
        model="m",
        prompt="p",
        version=3,
        inputs_hash="h",
    )
