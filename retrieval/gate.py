"""The gate's promise and the threshold that keeps it, as stored in the workspace."""

from pydantic import BaseModel, ConfigDict, Field


class Gate(BaseModel):
    """Accept a product when its confidence reaches the threshold.

    Attributes:
        threshold: None while the gate is shut because the rows at hand cannot support the promise.
        target_accuracy: promised share of right answers among accepted products.
        confidence: one-sided confidence of the promise (Clopper–Pearson).
        rows: held-out rows the threshold was chosen on.
        coverage: share of these rows accepted.
        accuracy: share right among these.
        lower_bound: Clopper–Pearson lower bound of that share.
        review_below: after deliberation, a verdict less sure than this goes to review.
        note: why the gate is shut, or empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float | None
    target_accuracy: float = Field(gt=0, lt=1)
    confidence: float = Field(gt=0, lt=1)
    rows: int
    coverage: float
    accuracy: float | None
    lower_bound: float | None
    review_below: float = 0.5
    note: str = ""

    def accepts(self, confidence: float) -> bool:
        return self.threshold is not None and confidence >= self.threshold
