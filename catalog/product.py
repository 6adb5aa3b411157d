"""One product as a seller wrote it, and one row of a catalog, good or bad."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PATH_SEPARATOR = " > "
LABEL_SEPARATOR = "|"

RowErrorKind = Literal[
    "malformed",
    "encoding",
    "missing_id",
    "duplicate_id",
    "empty_title",
    "too_long",
    "bad_value",
    "unknown_category",
    "internal",
]


class Product(BaseModel):
    """A product; everything but `product_id` and `title` may be missing.

    Attributes:
        product_id: unique in its catalog.
        title: never empty.
        description: plain text, empty when missing.
        bullets: selling points in the seller's order.
        brand: as written, empty when missing.
        category_paths: true label paths, root first, joined with ` > `; several when several are right.
        locale: BCP 47, such as `en-US`; empty when unknown.
        popularity: any non-negative weight, such as units sold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    product_id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    description: str = ""
    bullets: tuple[str, ...] = ()
    brand: str = ""
    category_paths: tuple[str, ...] = ()
    locale: str = ""
    popularity: float = Field(default=0.0, ge=0.0)

    @property
    def body(self) -> str:
        """Bullets, then the description, as one text."""
        return " ".join((*self.bullets, self.description))


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row; `number` counts data rows from 1 in file order."""

    number: int
    product: Product


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that cannot be used; the rest of the catalog goes on."""

    number: int
    product_id: str
    kind: RowErrorKind
    message: str
