"""What a recipe says about label augmentation: strict records, told apart by `kind`.

Neither paper prints the share of rows; DHPC calls it "a small portion".
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.1, gt=0, le=1, description="synthetic rows per training row, each epoch")


class MaskedPath(_Part):
    """The label path, one branch masked, in place of title or description (dual-expert 3.1.1)."""

    kind: Literal["masked_path"] = "masked_path"


class LabelSemantics(_Part):
    """The title's words shuffled with the label's name among them, nothing else (DHPC D.4)."""

    kind: Literal["label_semantics"] = "label_semantics"


Augmentation = Annotated[MaskedPath | LabelSemantics, Field(discriminator="kind")]
