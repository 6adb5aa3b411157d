"""What a candidate must meet before CI lets a prompt change through."""

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.result import LEVEL, ArmResult, Check, Requirement

MARGIN = 0.02


@dataclass(frozen=True)
class Requirements:
    """Attributes:
    fail_under: least share right.
    require: `better` than the baseline by the adjusted test, or `not-worse` by more than `margin`: the whole
        95% interval of the difference must lie above minus that.
    max_errors: most trials of an arm that may fail.
    """

    fail_under: float | None = None
    require: Requirement | None = None
    margin: float = MARGIN
    max_errors: int | None = None

    @property
    def any(self) -> bool:
        return self.fail_under is not None or self.require is not None or self.max_errors is not None


def checked_arms(arms: Sequence[ArmResult], requirements: Requirements) -> tuple[Check, ...]:
    """Every requirement for every candidate; for the only arm where there is one."""
    return tuple(check for arm in arms[1:] or arms for check in _checks(arm, requirements))


def _checks(arm: ArmResult, requirements: Requirements) -> list[Check]:
    checks = []
    if requirements.fail_under is not None:
        checks.append(_accuracy(arm, requirements.fail_under))
    if requirements.max_errors is not None:
        checks.append(_errors(arm, requirements.max_errors))
    if requirements.require == "better":
        checks.append(_better(arm))
    if requirements.require == "not-worse":
        checks.append(_not_worse(arm, requirements.margin))
    return checks


def _accuracy(arm: ArmResult, least: float) -> Check:
    share = arm.standing.share
    return Check(
        label=arm.label,
        name=f"at least {least:.1%} right",
        passed=share is not None and share.value >= least,
        message=f"{share.value:.1%} of {share.n} cases are right" if share else "nothing was answered",
    )


def _errors(arm: ArmResult, most: int) -> Check:
    return Check(
        label=arm.label,
        name=f"at most {most} errors",
        passed=arm.standing.errors <= most,
        message=f"{arm.standing.errors} trials failed",
    )


def _better(arm: ArmResult) -> Check:
    gain = arm.standing.gain
    return Check(
        label=arm.label,
        name="better than the baseline",
        passed=arm.finding == "better",
        message=f"{difference_text(arm)}, adjusted p {gain.p_holm:.3g}, level {LEVEL}"
        if gain and gain.p_holm is not None
        else "nothing was answered by both",
    )


def _not_worse(arm: ArmResult, margin: float) -> Check:
    gain = arm.standing.gain
    return Check(
        label=arm.label,
        name=f"not worse than the baseline by {100 * margin:g} points",
        passed=gain is not None and gain.difference.low > -margin,
        message=difference_text(arm),
    )


def difference_text(arm: ArmResult) -> str:
    """The difference and its interval in words."""
    gain = arm.standing.gain
    if gain is None:
        return "nothing was answered by both"
    found = gain.difference
    return (
        f"{100 * found.value:+.1f} points (95% interval {100 * found.low:+.1f} to {100 * found.high:+.1f}) "
        f"on {gain.n} cases"
    )
