"""`encoder.json`: what a saved encoder folder holds."""

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.errors import EncoderError

NAME = "encoder.json"

Kind = Literal["transformer", "use-multilingual"]


class Record(BaseModel):
    """The record of one saved encoder; weights and tokenizer lie beside it.

    Attributes:
        format: version of the folder's layout.
        kind: the backend that reads it.
        spec: the string that the encoder was first made from.
        max_tokens: where texts are cut.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    kind: Kind
    spec: str
    max_tokens: int = Field(gt=0)

    def write(self, folder: Path) -> None:
        (folder / NAME).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The record in `folder`, or None where there is none.

        Raises:
            EncoderError: it is there and cannot be understood.
        """
        path = folder / NAME
        if not path.is_file():
            return None
        try:
            return cls.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except (json.JSONDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise EncoderError(
                f"`{path}` cannot be read as the record of a saved encoder: {error}",
                fix="Save the encoder again, with this version of Dual-Expert.",
            ) from error
