"""One suspicious label, and all of them with what the audit says of the catalog as a whole."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import Product, RowError

Kind = Literal["duplicate", "sibling", "department", "elsewhere"]


class Suspicion(BaseModel):
    """A label that is probably wrong.

    Attributes:
        row: of the catalog, from 1.
        probability: that the given label is wrong.
        proposed_probability: that the proposed one is right.
        confident: whether confident learning alone would have named it.
        kind: `duplicate` (near-duplicates stand elsewhere), else where the proposal is, seen from the label.
        why: sentences.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    row: int
    product: Product
    given_path: str
    proposed_path: str
    probability: float = Field(ge=0.0, le=1.0)
    proposed_probability: float = Field(ge=0.0, le=1.0)
    confident: bool
    kind: Kind
    why: tuple[str, ...]


class DepartmentFigures(BaseModel):
    """Attributes:
    estimated: labels that are wrong, the sum of their probabilities.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    department: str
    labels: int
    estimated: float


class Audit(BaseModel):
    """What an audit found.

    Attributes:
        labels: that were looked at; a product may have several.
        unjudged: of them, those whose category no other group of products has: only duplicates judge them.
        noise_rate: estimated share of wrong labels.
        noise_shares: how the wrong ones divide over `audit.noise.TIERS`.
        estimated: wrong labels, the sum of all probabilities.
        confident_issues, confident_estimate: labels that confident learning names, and how many it expects.
        weights: of the evidence, by name.
        suspicions: the likeliest first.
        categories: all label paths of the catalog.
        errors: rows that could not be read, so were not looked at.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    created: str
    catalog: str
    labels: int
    unjudged: int
    noise_rate: float
    noise_shares: dict[str, float]
    estimated: float
    confident_issues: int
    confident_estimate: float
    weights: dict[str, float]
    departments: tuple[DepartmentFigures, ...]
    suspicions: tuple[Suspicion, ...]
    categories: tuple[str, ...]
    errors: tuple[RowError, ...] = ()
