"""What the server and the engine are asked: short, because a CPU writes a few words a second."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Pick(BaseModel):
    """The number of a candidate."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[int, Field(ge=1, le=3)]


QUESTION = [
    ("system", "You rank categories of a shop. " + "Read the product with care. " * 40),
    ("user", "1. Clothing > Shoes\n2. Clothing > Hats\n3. Toys > Puzzles\nProduct: wool hat"),
]
HEAD = "Every product stands in one category of the shop.\n\n"
PREFIX = "Product: wool hat with ear flaps\nCategory:"
PATHS = [" Clothing > Hats", " Toys > Puzzles", " Küche > Töpfe"]
