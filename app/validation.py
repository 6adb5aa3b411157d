"""The validation rows that training left in the workspace."""

from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.errors import WorkspaceError
from catalog.product import Product
from retrieval.workspace import Workspace

VALIDATION = "validation.jsonl"


class ValidationRow(BaseModel):
    """A held-out product with the domain expert's cross-fitted answer.

    Attributes:
        confidence: that its first candidate is right.
        right: whether it was.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: Product
    confidence: float
    right: bool


def read_validation(workspace: Workspace) -> list[ValidationRow]:
    """All of them, in file order.

    Raises:
        WorkspaceError: the file cannot be read.
    """
    path = workspace.path(VALIDATION)
    try:
        lines = path.read_text("utf-8").splitlines()
        return [ValidationRow.model_validate_json(line) for line in lines]
    except (OSError, ValidationError) as error:
        raise WorkspaceError(f"`{path}` cannot be used: {error}", fix="Train again.") from error
