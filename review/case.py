"""One case that a person should look at, and how it stands."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import PATH_SEPARATOR, Product

CaseSource = Literal["batch", "audit", "chat"]
CaseStatus = Literal["open", "accepted", "corrected", "skipped"]
STATUSES: tuple[CaseStatus, ...] = ("open", "accepted", "corrected", "skipped")


class Choice(BaseModel):
    """A category that may be right, with the experts' score for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category_id: str
    category_path: str
    score: float


class Case(BaseModel):
    """A case as it is put into the queue.

    Attributes:
        run: what it came from, such as a batch's folder; with the product's id it is the case's identity.
        given_path: the label in the catalog; empty when there is none.
        proposed: what to accept, the first of the choices.
        confidence: that the proposal is right, 0 to 1.
        reason: why a person should look, in words.
        verdict: of the dual expert, as in the batch; null for the label audit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str = Field(min_length=1)
    source: CaseSource
    product: Product
    given_path: str = ""
    choices: tuple[Choice, ...] = Field(min_length=1)
    confidence: float = Field(ge=0.0, le=1.0)
    reason: str
    verdict: dict[str, Any] | None = None

    @property
    def proposed(self) -> Choice:
        return self.choices[0]

    @property
    def department(self) -> str:
        """Of the proposal."""
        return self.proposed.category_path.split(PATH_SEPARATOR)[0]


class Entry(BaseModel):
    """A case in the queue.

    Attributes:
        number: its id in the queue, from 1.
        chosen_path: what was decided; empty while open or skipped.
        created, decided: UTC, ISO 8601; `decided` is empty while open.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    case: Case
    status: CaseStatus
    chosen_path: str
    reviewer: str
    created: str
    decided: str
