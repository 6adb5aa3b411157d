"""What the agents hand to each other about one product."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import Product


class Record(BaseModel):
    """Base of all records: immutable, strict about its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Candidate(Record):
    """A category that may be right.

    Attributes:
        score: probability among the candidates of this product, 0 to 1.
        source: what recalled it, such as `head+paths`; names of the recipe's sources in their order.
    """

    category_id: str
    category_path: str
    score: float
    source: str


class Neighbour(Record):
    """A labelled training product near the product in question: evidence, not proof (labels are noisy)."""

    product_id: str
    title: str
    category_path: str
    similarity: float


class Recommendation(Record):
    """The domain expert's answer: candidates, best first, and how sure it is of the first.

    Attributes:
        confidence: calibrated probability that the first candidate is right.
        neighbours: nearest labelled training products, nearest first.
    """

    candidates: tuple[Candidate, ...] = Field(min_length=1)
    confidence: float = Field(ge=0.0, le=1.0)
    neighbours: tuple[Neighbour, ...] = ()


class Definition(Record):
    """What belongs in a category, what does not, and the evidence it was written from.

    Attributes:
        text: the definition that prompts show.
        method: `llm` when a model wrote it, `extractive` when its text failed the checks and the
            distinguishing words of the evidence were used instead.
        terms: words that set the category apart from its siblings.
        example_ids: training products it was written from.
        sibling_ids: categories it was contrasted with.
        inputs_hash: hash of everything it was made from; a change means it must be written again.
        failed_checks: why a model's text was refused, empty when it was kept.
    """

    category_id: str
    category_path: str
    text: str
    method: Literal["llm", "extractive"]
    terms: tuple[str, ...]
    example_ids: tuple[str, ...]
    sibling_ids: tuple[str, ...]
    model: str
    prompt: str
    version: int
    inputs_hash: str
    failed_checks: tuple[str, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0


class Case(Record):
    """An uncertain product with what is known of its candidates."""

    product: Product
    recommendation: Recommendation
    definitions: tuple[Definition, ...]


class DefinitionRef(Record):
    """Which definition a deliberation saw."""

    category_id: str
    version: int


class Reasoning(Record):
    """The general expert's grounds.

    Attributes:
        clues: words quoted from the product's text; a quote that does not stand there is struck.
        ranking: category ids, most fitting first.
    """

    clues: tuple[str, ...]
    user: str
    use_case: str
    ranking: tuple[str, ...]
    reason: str


class Deliberation(Record):
    """The general expert's work on one product.

    Attributes:
        scores: the general expert's own score of each candidate, in the order of the recommendation's
            candidates (log-odds for likelihood ranking, minus the rank for prompted ranking); empty
            when it failed.
        probabilities: both experts fused, in the same order; empty when it failed.
        error: why there is no answer; None when there is one.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    reasoning: Reasoning | None
    definitions: tuple[DefinitionRef, ...]
    prompt: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    error: str | None = None
