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


DefinitionMethod = Literal["llm", "extractive", "person"]
DefinitionStatus = Literal["draft", "approved", "edited"]


class Definition(Record):
    """What belongs in a category, what does not, and the evidence it was written from.

    Attributes:
        text: the definition that prompts show.
        method: `llm` when a model wrote it; `extractive` when its text failed the checks or there was none,
            and the distinguishing words of the evidence were used instead; `person` when one typed it.
        terms: words that set the category apart from its siblings.
        example_ids: training products it was written from.
        sibling_ids: categories it was contrasted with.
        model, prompt: what wrote it, and the prompt's name and version; empty when a person did.
        inputs_hash: hash of everything it was made from; a change means it must be written again. Empty when
            a person wrote it.
        failed_checks: of a text that stands in spite of them, or of the model's text that was refused.
        refused: the model's text that failed the checks.
        status: `draft` until a person has approved or edited it.
        reviewer: who did.
        written, decided: UTC, ISO 8601; empty where unknown or not yet.
    """

    category_id: str
    category_path: str
    text: str
    method: DefinitionMethod
    terms: tuple[str, ...]
    example_ids: tuple[str, ...]
    sibling_ids: tuple[str, ...]
    model: str
    prompt: str
    version: int
    inputs_hash: str
    failed_checks: tuple[str, ...] = ()
    refused: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    status: DefinitionStatus = "draft"
    reviewer: str = ""
    written: str = ""
    decided: str = ""


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


Flag = Literal["clues_struck", "near_tie", "none_fits", "widened"]
"""What a person should know of a deliberation: clues that were no quotes, two candidates so near that they
were asked about again, no candidate that fits, more candidates asked of the domain expert for that reason."""


class Deliberation(Record):
    """The general expert's work on one product.

    Attributes:
        scores: the general expert's own score of each candidate, in the order of the recommendation's
            candidates (log-odds for likelihood ranking, minus the rank for prompted ranking, 1 and 0 for a
            choice); empty when it failed.
        probabilities: both experts fused, in the same order; empty when it failed.
        confidence: calibrated probability that the most probable one is right; None takes its fused
            probability.
        flags: in the order in which they were raised.
        extra_calls: answers asked for beyond the first, for near ties and more candidates.
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
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    flags: tuple[Flag, ...] = ()
    extra_calls: int = 0
    error: str | None = None
