"""What the tools answer with, short enough for an assistant to read."""

from pydantic import BaseModel

from agents.case import Candidate, Neighbour, Reasoning
from app.chat.records import Contest, GateView, Outcome, Stage
from graph.verdict import Status

_SHOWN = 5


class Classified(BaseModel):
    """Where a product belongs.

    Attributes:
        candidates: best first, at most five.
        error: why the general expert gave no answer; null otherwise.
    """

    category_id: str
    category_path: str
    status: Status
    confidence: float
    candidates: list[Candidate]
    reasoning: Reasoning | None
    error: str | None


class WhyNot(BaseModel):
    """Why another category is not the answer.

    Attributes:
        stage: where it lost: `recall`, `score` or `rank`; `won` when it is the answer.
        reason: the same in sentences.
    """

    category_path: str
    stage: Stage
    reason: str


class Explanation(BaseModel):
    """Why a product belongs there.

    Attributes:
        gate: what was asked of the domain expert's confidence, and what its acceptance promises.
        neighbours: labelled products that are alike, nearest first; evidence, not proof.
        definitions: that the general expert saw, by category path.
        steps: what each step did, in words.
    """

    answer: Classified
    gate: GateView
    neighbours: list[Neighbour]
    definitions: dict[str, str]
    steps: list[str]
    why_not: WhyNot | None = None


def classified(outcome: Outcome) -> Classified:
    """The verdict of an outcome."""
    verdict = outcome.verdict
    return Classified(
        category_id=verdict.category_id,
        category_path=verdict.category_path,
        status=verdict.status,
        confidence=verdict.confidence,
        candidates=list(verdict.candidates[:_SHOWN]),
        reasoning=verdict.reasoning,
        error=verdict.error,
    )


def explanation(outcome: Outcome, contest: Contest | None) -> Explanation:
    """The grounds of an outcome."""
    return Explanation(
        answer=classified(outcome),
        gate=outcome.gate,
        neighbours=list(outcome.neighbours[:_SHOWN]),
        definitions={d.category_path: d.text for d in outcome.definitions},
        steps=[f"{step.node}: {step.line}" for step in outcome.steps],
        why_not=_why_not(contest) if contest else None,
    )


def _why_not(contest: Contest) -> WhyNot:
    return WhyNot(category_path=contest.asked.category_path, stage=contest.stage, reason=contest.reason)
