"""An audit in sentences."""

from audit.gate.estimate import Estimate
from audit.gate.history import GateAudit

_JUDGED = {
    "kept": "The promise of {target:.1%} is kept.",
    "broken": "The promise of {target:.1%} is broken.",
    "unclear": "That neither proves nor refutes the promise of {target:.1%}; a larger `--sample` may.",
    "unknown": "Whether the promise of {target:.1%} is kept is not known.",
    "none": "The gate was chosen by price or budget and promises no accuracy.",
}


def audit_lines(audit: GateAudit) -> list[str]:
    """Everything that people should read, in order."""
    lines = [
        f"{audit.accepted:,} of {audit.products:,} products are accepted.",
        *_estimated(audit.estimate),
        _JUDGED[audit.promise].format(target=audit.target_accuracy),
        *_changes(audit),
        *_drift(audit),
    ]
    left_out = {
        "that the workspace has seen": audit.trained,
        "without an answer": audit.failed,
        "that cannot be read": audit.errors,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in left_out.items() if count)
    return [*lines, f"Left out: {told}."] if told else lines


def bounds_line(estimate: Estimate) -> str:
    """The accuracy and its bounds; empty without an estimate."""
    if estimate.accuracy is None:
        return ""
    return f"{estimate.accuracy:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def change_line(audit: GateAudit) -> str:
    """Thresholds in force, and what became of them."""
    if not audit.proposed:
        if len(audit.thresholds) != 1:
            return f"{len(audit.thresholds)} groups"
        return _threshold(next(iter(audit.thresholds.values())))
    changes = (
        f"{name + ' ' if name else ''}{_threshold(audit.thresholds.get(name))} → {_threshold(part.threshold)}"
        for name, part in audit.proposed.items()
    )
    return ", ".join(changes) + ("" if audit.applied else " proposed")


def _estimated(estimate: Estimate) -> list[str]:
    found = (
        [
            f"Estimated accuracy {bounds_line(estimate)}, each bound at confidence "
            f"{estimate.confidence:.0%}, by {estimate.method}: {estimate.rows:,} asked about, "
            f"{estimate.labelled:,} with a label."
        ]
        if estimate.accuracy is not None
        else [f"No estimate. {estimate.note}"]
    )
    if estimate.agreement is None or estimate.agree_right is None or estimate.agree_wrong is None:
        return found
    return [
        *found,
        f"The auditor agrees with {estimate.agreement:.1%} of them; of rows whose label is known, with "
        f"{estimate.agree_right:.1%} of the right and {estimate.agree_wrong:.1%} of the wrong ones.",
    ]


def _changes(audit: GateAudit) -> list[str]:
    if not audit.proposed:
        return []
    verb = "Moved the threshold" if audit.applied else "`--apply` would move the threshold"
    notes = (f" ({part.note})" if part.note else "" for part in audit.proposed.values())
    return [f"{verb}: {change_line(audit).removesuffix(' proposed')}.{''.join(notes)}"]


def _drift(audit: GateAudit) -> list[str]:
    drift = audit.drift
    found = [
        f"Drift in {s.what} (p = {s.p_value:.2g}): {'; '.join(s.reasons)}." for s in drift.shifts if s.alarm
    ]
    calm = "No drift." if drift.shifts and not found else ""
    return [line for line in (*found, calm, drift.note) if line]


def _threshold(value: float | None) -> str:
    return "shut" if value is None else f"{value:.3f}"
