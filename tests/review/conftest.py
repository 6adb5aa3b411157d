from pathlib import Path

import pytest

from catalog.product import Product
from review.case import Case, Choice
from review.queue import ReviewQueue

CATEGORIES = {"c1": "Garden > Hoses", "c2": "Garden > Sprinklers", "c3": "Pets > Dog Beds"}


def make_case(product_id: str = "p1", **changes: object) -> Case:
    fields = {
        "run": "batch one",
        "source": "batch",
        "product": Product(product_id=product_id, title=f"Title of {product_id}"),
        "choices": (
            Choice(category_id="c1", category_path="Garden > Hoses", score=0.6),
            Choice(category_id="c2", category_path="Garden > Sprinklers", score=0.3),
        ),
        "confidence": 0.6,
        "reason": "Confidence 0.60.",
    }
    return Case.model_validate({**fields, **changes})


@pytest.fixture
def queue_file(tmp_path: Path) -> Path:
    """A queue of three open cases, the last of another department."""
    path = tmp_path / "review.sqlite"
    other = Choice(category_id="c3", category_path="Pets > Dog Beds", score=0.5)
    with ReviewQueue(path) as queue:
        queue.add([make_case("p1"), make_case("p2"), make_case("p3", choices=(other,))], CATEGORIES)
    return path
