"""The gate: what it promises, the thresholds that keep it, and what they rest on; stored in the workspace."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.product import PATH_SEPARATOR

Rule = Literal["clopper-pearson", "certified", "least-cost", "llm-share"]
Per = Literal["locale", "department"]

# Above every confidence: what a shut gate asks for.
SHUT = 2.0


class Opening(BaseModel):
    """One threshold and the evidence for it.

    Attributes:
        threshold: confidence from which products are accepted; None while the rows at hand cannot
            support the promise.
        rows: labelled rows it rests on.
        coverage: share of these rows accepted.
        accuracy: share right among the accepted; None when none is.
        lower_bound: Clopper–Pearson lower bound of that share, at the gate's confidence.
        rows_needed: of a shut gate, further labelled rows that would probably open it; None when it is
            open, or when no number would.
        source: whose labels: `validation` rows, or verdicts sampled by an `audit`.
        note: why it is shut, or empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float | None
    rows: int
    coverage: float
    accuracy: float | None
    lower_bound: float | None
    rows_needed: int | None = None
    source: Literal["validation", "audit"] = "validation"
    note: str = ""


class Costs(BaseModel):
    """What calls and mistakes cost, in one currency.

    Attributes:
        llm: of deliberating one product.
        mistake: of one wrong category.
        mended: share of the domain expert's mistakes that deliberation puts right.
        measured: `mended` was measured on validation rows; else it is assumed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    llm: float = Field(ge=0)
    mistake: float = Field(gt=0)
    mended: float = Field(ge=0, le=1)
    measured: bool


class Gate(Opening):
    """Accept a product when its confidence reaches the threshold, its group's where there are groups.

    With groups, `threshold` is None and the other fields of `Opening` sum up all groups.

    Attributes:
        target_accuracy: promised share of right answers among accepted products.
        confidence: one-sided confidence of the promise.
        rule: how the thresholds were chosen; `least-cost` and `llm-share` promise no accuracy.
        per: what a group is; None for one threshold for all products.
        groups: by locale, or by the first candidate's department; a group that is not here is shut.
        costs: of the rule `least-cost`.
        llm_share: of the rule `llm-share`, the largest share of products to deliberate.
        review_below: after deliberation, a verdict less sure than this goes to review.
        levels: of the inner levels of an answer's path, the root's first: from what confidence on a node is
            certified of answers that are not certified deeper; empty in gates that were chosen without.
        accept_inner: a product that would go to review may be put into a certified inner node.
    """

    target_accuracy: float = Field(gt=0, lt=1)
    confidence: float = Field(gt=0, lt=1)
    rule: Rule = "clopper-pearson"
    per: Per | None = None
    groups: Mapping[str, Opening] = Field(default_factory=dict)
    costs: Costs | None = None
    llm_share: float | None = Field(default=None, ge=0, le=1)
    review_below: float = 0.5
    levels: tuple[Opening, ...] = ()
    accept_inner: bool = False

    @property
    def is_open(self) -> bool:
        """Whether anything can be accepted."""
        return any(part.threshold is not None for part in (self, *self.groups.values()))

    def limit(self, group: str = "") -> float:
        """Confidence from which products of this group are accepted; `SHUT` where none are."""
        opening = self if self.per is None else self.groups.get(group)
        if opening is None or opening.threshold is None:
            return SHUT
        return opening.threshold

    def level_limit(self, level: int) -> float:
        """Confidence from which an inner node is certified, by its level; `SHUT` where none is."""
        threshold = self.levels[level].threshold if level < len(self.levels) else None
        return SHUT if threshold is None else threshold

    @property
    def promises(self) -> bool:
        """Whether the threshold was chosen for a share of right answers."""
        return self.rule in ("clopper-pearson", "certified")

    def accepts(self, confidence: float, group: str = "") -> bool:
        return confidence >= self.limit(group)


def group_of(per: Per | None, locale: str, category_path: str) -> str:
    """Group of a product, by its locale or by its first candidate's department."""
    if per == "locale":
        return locale
    if per == "department":
        return category_path.split(PATH_SEPARATOR, 1)[0]
    return ""
