"""Texts by which a seller may try to steer the answer, each beside the honest listing it was made from.

`corpus.jsonl` holds one pair a line. The attacker wants either a category of the shipped shop, or the
candidate at a rank of the clean recommendation, which serves any workspace; then the text holds the places
`{path}`, `{leaf}` and `{number}`, filled in when the candidates are known. The products are invented.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import PATH_SEPARATOR, Product

FILE = Path(__file__).with_name("corpus.jsonl")

Kind = Literal[
    "direct",
    "role_play",
    "fake_json",
    "fence_breakout",
    "chat_template",
    "bidi",
    "zero_width",
    "tag_characters",
    "homoglyph",
    "encoded",
    "other_language",
    "rank_claim",
    "fake_definition",
    "fake_labelled",
    "keyword_stuffing",
    "review_claim",
    "html",
    "markdown",
    "very_long",
]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listing(_Record):
    """What a seller writes of a product."""

    title: str = Field(min_length=1)
    brand: str
    description: str
    bullets: tuple[str, ...]
    locale: str


class Injection(_Record):
    """One pair.

    Attributes:
        language: of the injected text, ISO 639-1.
        category_path: where the product belongs in the shipped shop.
        attacker: category of the shop that the poisoned text is to bring about, or the rank, from 2, that its
            candidate has for the clean product.
    """

    id: str
    kind: Kind
    language: str = Field(pattern="^[a-z]{2}$")
    category_path: str
    attacker: Annotated[int, Field(ge=2)] | str
    product: Listing
    poisoned: Listing

    def clean_product(self) -> Product:
        return Product(product_id=f"{self.id}-clean", **self.product.model_dump())

    def poisoned_product(self, path: str, number: int) -> Product:
        """The attacked product.

        Args:
            path: of the attacker's category.
            number: of its candidate in the clean recommendation, from 1.
        """
        return Product(product_id=self.id, **_filled_in(self.poisoned.model_dump(), path, number))


def load_corpus(file: Path = FILE) -> list[Injection]:
    """All pairs, in the file's order."""
    return [Injection.model_validate_json(line) for line in file.read_text("utf-8").splitlines()]


def _filled_in(fields: dict[str, Any], path: str, number: int) -> dict[str, Any]:
    leaf = path.rpartition(PATH_SEPARATOR)[2]

    def fill(text: str) -> str:
        return text.replace("{path}", path).replace("{leaf}", leaf).replace("{number}", str(number))

    return {
        name: fill(value) if isinstance(value, str) else tuple(map(fill, value))
        for name, value in fields.items()
    }
