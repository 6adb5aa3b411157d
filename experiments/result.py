"""What a comparison finds, as records that go to JSON and back."""

from typing import Literal

from evaluation.contest import Standing
from evaluation.power import Plan
from evaluation.record import Record
from experiments.trial import Trial

Judge = Literal["own", "fused"]
Outcome = Literal["win", "loss", "tie", "error"]
Finding = Literal["better", "worse", "no difference seen"]
Requirement = Literal["better", "not-worse"]
DIMENSIONS = ("locale", "department", "category size")
LEVEL = 0.05


class Usage(Record):
    """Per answered trial where not said otherwise.

    Attributes:
        cost: USD of a thousand trials; None without a price.
        total_cost: of all trials, whenever they were bought.
        latency_p50, latency_p95: milliseconds.
        kept: requests of all trials that the language model's own cache answered.
    """

    tokens_in: float
    tokens_out: float
    cost: float | None
    total_cost: float | None
    latency_p50: float
    latency_p95: float
    kept: int


class ArmResult(Record):
    """One contestant.

    Attributes:
        identity: what its answers depend on.
        usage: None where nothing was answered.
        finding: against the baseline, by the Holm-adjusted p-value; None for the baseline itself.
    """

    label: str
    identity: dict[str, str]
    standing: Standing
    usage: Usage | None
    finding: Finding | None


class CaseResult(Record):
    """One case and what everybody said.

    Attributes:
        size: training products of its category, as a stretch such as `5-9`.
        reachable: a true path is among the candidates; nobody can be right otherwise.
        domain: the domain expert's own first candidate.
        trials: by contestant, one a repeat.
    """

    product_id: str
    title: str
    text: str
    locale: str
    department: str
    size: str
    origin: str
    truth: tuple[str, ...]
    reachable: bool
    domain: str
    trials: dict[str, tuple[Trial, ...]]


class Breakdown(Record):
    """Figures of the cases of one group; for looking, not for testing."""

    dimension: str
    group: str
    n: int
    standings: tuple[Standing, ...]


class Check(Record):
    """One requirement that a candidate meets or not."""

    label: str
    name: str
    passed: bool
    message: str


class Comparison(Record):
    """Attributes:
    judge: whose first candidate counts: the general expert's own, or that of both experts fused.
    plan: what was expected before.
    hindsight: the same with the share of differing cases that was found; None where none differed.
    reachable: cases that anybody could get right.
    selected: cases were chosen by how an earlier comparison ended, so that no p-value means anything.
    reused, bought: answers that stood before, and those of the last run.
    paid: USD over all runs of this comparison; None without a price.
    """

    meta: dict[str, str]
    judge: Judge
    repeats: int
    plan: Plan | None
    hindsight: Plan | None
    reachable: int
    selected: bool
    complete: bool
    reused: int
    bought: int
    paid: float | None
    arms: tuple[ArmResult, ...]
    breakdowns: tuple[Breakdown, ...]
    checks: tuple[Check, ...]
    cases: tuple[CaseResult, ...]

    @property
    def baseline(self) -> ArmResult:
        return self.arms[0]

    @property
    def candidates(self) -> tuple[ArmResult, ...]:
        return self.arms[1:]

    @property
    def errors(self) -> int:
        return sum(arm.standing.errors for arm in self.arms)

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def answer_of(trial: Trial, judge: Judge) -> str:
    """The path that counts."""
    return trial.own if judge == "own" else trial.fused


def score(trials: tuple[Trial, ...], truth: tuple[str, ...], judge: Judge) -> float | None:
    """Share right of the answered repeats; None where none was answered."""
    right = [answer_of(trial, judge) in truth for trial in trials if trial.error is None]
    return sum(right) / len(right) if right else None


def outcome(case: CaseResult, baseline: str, candidate: str, judge: Judge) -> Outcome:
    """How a candidate did against the baseline on a case, over the repeats that both have answered."""
    pairs = [
        (first, second)
        for first, second in zip(case.trials[baseline], case.trials[candidate], strict=True)
        if first.error is None and second.error is None
    ]
    if not pairs:
        return "error"
    before = sum(answer_of(first, judge) in case.truth for first, _ in pairs)
    after = sum(answer_of(second, judge) in case.truth for _, second in pairs)
    return "tie" if before == after else "win" if after > before else "loss"


def disagree(case: CaseResult, judge: Judge) -> bool:
    """Whether two contestants did not say the same, or one failed."""
    said = {tuple(answer_of(trial, judge) for trial in trials) for trials in case.trials.values()}
    return len(said) > 1
