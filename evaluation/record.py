"""The base of all evaluation results."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Immutable, strict about its fields, serialisable to JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
