"""From trials to findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.contest import Outcomes, Standing, standings, standings_by_group
from evaluation.power import Plan, planned
from experiments.checks import Requirements, checked_arms
from experiments.result import (
    DIMENSIONS,
    LEVEL,
    ArmResult,
    Breakdown,
    CaseResult,
    Comparison,
    Finding,
    Judge,
    Usage,
    answer_of,
)
from experiments.trial import Trial

_THOUSAND = 1000


@dataclass(frozen=True)
class Frame:
    """What stands around the trials.

    Attributes:
        identities: of the arms by label, the baseline first.
        lift: share of cases that the comparison shall see.
    """

    meta: dict[str, str]
    identities: Mapping[str, Mapping[str, str]]
    judge: Judge
    repeats: int
    lift: float
    plan: Plan | None = None
    selected: bool = False
    requirements: Requirements = field(default_factory=Requirements)
    reused: int = 0
    bought: int = 0
    paid: float | None = None
    complete: bool = True


def analysed(frame: Frame, cases: Sequence[CaseResult]) -> Comparison:
    """All figures of a comparison.

    Raises:
        CatalogError: there are no cases.
    """
    outcomes = _outcomes(frame, cases)
    arms = tuple(_arm(frame, standing, cases) for standing in standings(outcomes))
    return Comparison(
        meta=dict(frame.meta),
        judge=frame.judge,
        repeats=frame.repeats,
        plan=frame.plan,
        hindsight=_hindsight(arms, frame.lift),
        reachable=sum(case.reachable for case in cases),
        selected=frame.selected,
        complete=frame.complete,
        reused=frame.reused,
        bought=frame.bought,
        paid=frame.paid,
        arms=arms,
        breakdowns=tuple(_breakdowns(cases, outcomes)),
        checks=checked_arms(arms, frame.requirements),
        cases=tuple(cases),
    )


def _outcomes(frame: Frame, cases: Sequence[CaseResult]) -> dict[str, Outcomes]:
    """(cases, repeats) of each arm."""
    return {
        label: np.array([_row(case, label, frame.judge) for case in cases], dtype=np.float64).reshape(
            len(cases), frame.repeats
        )
        for label in frame.identities
    }


def _row(case: CaseResult, label: str, judge: Judge) -> list[float]:
    return [
        np.nan if trial.error is not None else float(answer_of(trial, judge) in case.truth)
        for trial in case.trials[label]
    ]


def _arm(frame: Frame, standing: Standing, cases: Sequence[CaseResult]) -> ArmResult:
    trials = [trial for case in cases for trial in case.trials[standing.name]]
    return ArmResult(
        label=standing.name,
        identity=dict(frame.identities[standing.name]),
        standing=standing,
        usage=_usage(trials),
        finding=None if standing.name == next(iter(frame.identities)) else _finding(standing),
    )


def _finding(standing: Standing) -> Finding:
    gain = standing.gain
    if gain is None or gain.p_holm is None or gain.p_holm > LEVEL:
        return "no difference seen"
    return "better" if gain.wins > gain.losses else "worse"


def _usage(trials: Sequence[Trial]) -> Usage | None:
    answered = [trial for trial in trials if trial.error is None]
    if not answered:
        return None
    costs = [trial.cost for trial in trials if trial.cost is not None]
    latencies = [trial.latency_ms for trial in answered]
    p50, p95 = np.quantile(latencies, [0.5, 0.95]).tolist()
    return Usage(
        tokens_in=float(np.mean([trial.tokens_in for trial in answered])),
        tokens_out=float(np.mean([trial.tokens_out for trial in answered])),
        cost=_THOUSAND * sum(costs) / len(trials) if costs else None,
        total_cost=sum(costs) if costs else None,
        latency_p50=p50,
        latency_p95=p95,
        kept=sum(trial.kept for trial in trials),
    )


def _breakdowns(cases: Sequence[CaseResult], outcomes: Mapping[str, Outcomes]) -> list[Breakdown]:
    names = {
        "locale": [case.locale or "not stated" for case in cases],
        "department": [case.department for case in cases],
        "category size": [case.size for case in cases],
    }
    return [
        Breakdown(dimension=dimension, group=group, n=names[dimension].count(group), standings=found)
        for dimension in DIMENSIONS
        for group, found in standings_by_group(names[dimension], outcomes).items()
    ]


def _hindsight(arms: Sequence[ArmResult], lift: float) -> Plan | None:
    """With the largest share of differing cases that any candidate showed."""
    gains = [arm.standing.gain for arm in arms if arm.standing.gain]
    differing = max((gain.differing for gain in gains), default=0.0)
    if not differing:
        return None
    return planned(min(gain.n for gain in gains), min(lift, differing), differing, tests=len(gains))
