"""A factory of evaluated rows; hypothesis draws the same examples on every run."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from evaluation.evaluate import EvaluationRow

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

RIGHT, WRONG = "Toys > Snow > Clippers", "Toys > Beach > Buckets"


@pytest.fixture(scope="session")
def make_row() -> Callable[..., EvaluationRow]:
    """A row on which both experts are right and sure; every field can be replaced."""

    def make(**changes: Any) -> EvaluationRow:
        fields: dict[str, Any] = {
            "product_id": "p1",
            "title": "Snowball clipper",
            "locale": "en-US",
            "truths": (RIGHT,),
            "domain_prediction": RIGHT,
            "domain_ranking": (RIGHT, WRONG),
            "domain_scores": (0.8, 0.2),
            "domain_confidence": 0.9,
            "prediction": RIGHT,
            "ranking": (RIGHT, WRONG),
            "scores": (0.7, 0.3),
            "confidence": 0.95,
            "status": "accepted",
        } | changes
        return EvaluationRow(**{"any_truths": fields["truths"]} | fields)

    return make


@pytest.fixture(scope="session")
def mixed_rows(make_row: Callable[..., EvaluationRow]) -> list[EvaluationRow]:
    """Ten products: 6 accepted (1 wrong), 2 rescued by the general expert, 1 spoilt by it, 1 never right."""
    wrong = {"domain_prediction": WRONG, "domain_ranking": (WRONG, RIGHT), "domain_confidence": 0.4}
    wrong_after = {"prediction": WRONG, "ranking": (WRONG, RIGHT)}
    unsure = {"status": "deliberated", "confidence": 0.6}
    spoilt = {"domain_confidence": 0.5, **wrong_after}
    return [
        *(make_row(product_id=f"sure{i}") for i in range(5)),
        make_row(
            product_id="sure-but-wrong", domain_prediction=WRONG, any_truths=(RIGHT, WRONG), **wrong_after
        ),
        *(make_row(product_id=f"rescued{i}", **wrong, **unsure) for i in range(2)),
        make_row(product_id="spoilt", locale="de-DE", **unsure, **spoilt),
        make_row(
            product_id="lost",
            truths=("Games > Cards",),
            status="review",
            **wrong,
            **wrong_after,
            confidence=0.2,
        ),
    ]
