"""What the service is asked and answers: strict, bounded, with examples."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.service.problems import Problem
from catalog.product import Product
from catalog.rows import TITLE_CHARS
from graph.context import Context
from graph.verdict import Verdict
from review.case import CaseStatus, Entry

MOST_PRODUCTS = 256
MOST_CANDIDATES = 50

Line = Annotated[str, Field(max_length=TITLE_CHARS)]
CategoryName = Annotated[
    str,
    Field(min_length=1, max_length=1000, description="Id or path, root first, joined with ` > `."),
]

_BED: JsonDict = {
    "product_id": "B1",
    "title": "Orthopaedic dog bed, washable, 90 cm",
    "locale": "en-US",
}
_MUG: JsonDict = {"product_id": "M1", "title": "Stoneware mug 350 ml, dishwasher safe", "brand": "Northclay"}


class Asked(BaseModel):
    """Base of what is asked: a field that is not known or of another type is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class GivenProduct(Asked):
    """A product as a seller wrote it."""

    product_id: str = Field(default="1", min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=TITLE_CHARS)
    description: str = Field(default="", max_length=20_000)
    bullets: list[Line] = Field(default=[], max_length=100)
    brand: str = Field(default="", max_length=500)
    locale: str = Field(default="", max_length=35, pattern="^[A-Za-z0-9-]*$")

    def product(self) -> Product:
        return Product.model_validate(self.model_dump())


class Manner(Asked):
    """How products are classified; what is left out is as the service was started."""

    k: int | None = Field(default=None, ge=1, le=MOST_CANDIDATES, description="Candidates a product.")
    threshold: float | None = Field(
        default=None, ge=0.0, le=1.0, allow_inf_nan=False, description="Accept from this confidence on."
    )
    explain: bool = Field(default=True, description="Have the general expert write its reasoning.")

    def context(self, top_k: int) -> Context:
        return Context(top_k=self.k or top_k, threshold=self.threshold, explain=self.explain)


class ClassifyOne(Manner):
    """One product."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"product": _BED}, {"product": _MUG, "k": 3}]})

    product: GivenProduct


class ClassifyMany(Manner):
    """Several products."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"products": [_BED, _MUG]}]})

    products: list[GivenProduct] = Field(min_length=1, max_length=MOST_PRODUCTS)


class Answer(BaseModel):
    """What became of one of several products.

    Attributes:
        place: in the request, from 0.
        verdict: null where it could not be classified.
        error: why not; null otherwise.
    """

    place: int
    product_id: str
    verdict: Verdict | None = None
    error: Problem | None = None


class Answers(BaseModel):
    """One answer a product, in their order."""

    answers: list[Answer]


class FoundCategory(BaseModel):
    """A category, and by what it was found: the words of its path, or its meaning."""

    category_id: str
    category_path: str
    by: Literal["words", "meaning", "listing"]


class FoundCategories(BaseModel):
    """Attributes:
    total: categories of the taxonomy.
    """

    total: int
    categories: list[FoundCategory]


class ReviewList(BaseModel):
    """Attributes:
    counts: cases by status, those that occur.
    """

    counts: dict[str, int]
    cases: list[Entry]


class ReviewDecision(Asked):
    """A person's decision on a case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"decision": "accept", "reviewer": "ada"},
                {"decision": "correct", "category": "Pet Supplies > Dogs > Dog Beds", "reviewer": "ada"},
            ]
        }
    )

    decision: Literal["accept", "correct", "skip"]
    category: CategoryName | None = Field(default=None, description="The right one; for `correct` only.")
    reviewer: str = Field(min_length=1, max_length=200)


class Feedback(Asked):
    """What a client knows of a product's category; a person looks at it before it counts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"product": _BED, "category": "Pet Supplies > Dogs > Dog Beds", "comment": "ours"}]
        }
    )

    product: GivenProduct
    category: CategoryName
    comment: str = Field(default="", max_length=TITLE_CHARS)


class FeedbackTaken(BaseModel):
    """Attributes:
    added: false when the same was said before.
    """

    added: bool


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Attributes:
    workspace: fingerprint of what it answers with.
    """

    status: Literal["ready"] = "ready"
    workspace: str
    categories: int


Status = CaseStatus | Literal["all"]
