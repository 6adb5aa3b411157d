"""How many of the accepted products are right, by the best that the evidence allows."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from audit.gate.evidence import Evidence, Judged
from audit.gate.powered import counted, powered
from audit.gate.rogan_gladen import Corrected, Count, corrected, tells_apart

Method = Literal["labels", "prediction-powered", "rogan-gladen"]
Promise = Literal["kept", "broken", "unclear", "unknown", "none"]

MIN_ROWS = 20
# Labelled rows that speak for themselves, by how many there are: to choose by what they say would bias.
MIN_LABELS = 50
# Right and wrong validation rows each.
MIN_OUTCOMES = 5


class Estimate(BaseModel):
    """Attributes:
    method: None when there is no estimate; `note` says why.
    accuracy: share of right ones among the accepted products.
    low, high: its bounds, each by itself at `confidence`.
    rows: products that the auditor was asked about.
    labelled: products whose label counted as the truth.
    agreement: share of `rows` in which it came to the accepted category.
    agree_right, agree_wrong: share of right and of wrong validation rows in which it did.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method | None
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float
    rows: int = 0
    labelled: int = 0
    agreement: float | None = None
    agree_right: float | None = None
    agree_wrong: float | None = None
    note: str = ""

    def promise(self, target: float) -> Promise:
        """Whether a promised accuracy is kept: broken or kept only where the bounds prove it."""
        if self.low is None or self.high is None:
            return "unknown"
        if self.high < target:
            return "broken"
        return "kept" if self.low >= target else "unclear"


def estimate_accuracy(evidence: Evidence, confidence: float) -> Estimate:
    """By labels alone where nothing was asked, by labels and votes where there are enough labels, else by
    votes alone, corrected for the auditor's errors.

    Args:
        confidence: of each bound.
    """
    if not len(evidence.asked):
        return _by_labels(evidence.labelled, confidence)
    if len(evidence.labelled) >= MIN_LABELS:
        found = powered(evidence.asked, evidence.labelled, confidence)
        return _estimate("prediction-powered", found, evidence, confidence)
    return _by_votes(evidence, confidence)


def with_known(estimate: Estimate, right: int, known: int, accepted: int) -> Estimate:
    """The estimate of the rest joined with products that a person has decided on.

    They stand for themselves only, so it does not matter how they were chosen.

    Args:
        right: right ones among the `known`.
        accepted: all accepted products, the known ones included.
    """
    if known == 0 or estimate.accuracy is None or estimate.low is None or estimate.high is None:
        return estimate
    weight = known / accepted
    shares = {"accuracy": estimate.accuracy, "low": estimate.low, "high": estimate.high}
    joined = {name: weight * right / known + (1 - weight) * share for name, share in shares.items()}
    return estimate.model_copy(update={**joined, "labelled": estimate.labelled + known})


def _by_labels(labelled: Judged, confidence: float) -> Estimate:
    if not len(labelled):
        return Estimate(method=None, confidence=confidence, note="No accepted product was looked at.")
    found = counted(labelled.right, confidence)
    return Estimate(
        method="labels",
        accuracy=found.value,
        low=found.low,
        high=found.high,
        confidence=confidence,
        labelled=len(labelled),
    )


def _by_votes(evidence: Evidence, confidence: float) -> Estimate:
    """Labels too few to speak for themselves tell how the auditor errs."""
    right, wrong = agreements(evidence)
    note = _useless(len(evidence.asked), right, wrong)
    if note:
        return _estimate(None, None, evidence, confidence).model_copy(update={"note": note})
    agreed = Count(int(evidence.asked.agrees.sum()), len(evidence.asked))
    return _estimate("rogan-gladen", corrected(agreed, right, wrong, confidence), evidence, confidence)


def _useless(rows: int, right: Count, wrong: Count) -> str:
    """Why votes tell nothing; empty where they do."""
    if rows < MIN_ROWS:
        return f"Only {rows} accepted products were looked at; {MIN_ROWS} are the least."
    if min(right.rows, wrong.rows) < MIN_OUTCOMES:
        return (
            f"The auditor's own errors are not known: {right.rows} right and {wrong.rows} wrong validation "
            f"rows are accepted, {MIN_OUTCOMES} of each are the least."
        )
    if not tells_apart(right, wrong):
        return (
            f"The auditor cannot tell right from wrong here: it agrees with {right.share:.0%} of the right "
            f"and with {wrong.share:.0%} of the wrong validation rows, so its verdicts say nothing."
        )
    return ""


def _estimate(
    method: Method | None, found: Corrected | None, evidence: Evidence, confidence: float
) -> Estimate:
    right, wrong = agreements(evidence)
    return Estimate(
        method=method,
        accuracy=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        confidence=confidence,
        rows=len(evidence.asked),
        labelled=len(evidence.labelled) if method == "prediction-powered" else 0,
        agreement=float(evidence.asked.agrees.mean()),
        agree_right=right.share if right.rows else None,
        agree_wrong=wrong.share if wrong.rows else None,
    )


def agreements(evidence: Evidence) -> tuple[Count, Count]:
    """How often the auditor agreed with right and with wrong answers, over all rows whose truth is known."""
    counts = []
    for truth in (True, False):
        parts = [part.agrees[part.right == truth] for part in (evidence.calibration, evidence.labelled)]
        counts.append(Count(int(sum(p.sum() for p in parts)), sum(map(len, parts))))
    return counts[0], counts[1]
