"""What a gate does, in sentences."""

from retrieval.gate import Gate, Opening


def gate_line(gate: Gate) -> str:
    """One sentence on what the gate does and what it promises."""
    if not gate.is_open:
        return f"Shut: {gate.note}"
    accepted = (
        f"{gate.coverage:.1%} of {gate.rows:,} {rows_of(gate)} rows, {gate.accuracy:.1%} of them right"
        if gate.accuracy is not None
        else f"none of {gate.rows:,} {rows_of(gate)} rows"
    )
    return f"Accepts {_where(gate)}: {accepted} ({_grounds(gate)})."


def inner_line(gate: Gate) -> str:
    """One sentence on what is certified where the leaf is not."""
    opened = [
        f"level {level} from {part.threshold:.3f} on ({part.coverage:.1%} of {part.rows:,})"
        for level, part in enumerate(gate.levels, start=1)
        if part.threshold is not None
    ]
    if not opened:
        return "No inner node is certified where the leaf is not." if gate.levels else ""
    use = "is accepted instead of review" if gate.accept_inner else "is said, not accepted (`--accept-inner`)"
    return f"Where the leaf is not certified, an inner node {use}: {', '.join(opened)}."


def rows_of(opening: Opening) -> str:
    return {"validation": "held-out", "audit": "audited"}[opening.source]


def _where(gate: Gate) -> str:
    if gate.per is None:
        return f"at confidence {gate.threshold:.3f} and above"
    opened = sum(part.threshold is not None for part in gate.groups.values())
    return f"in {opened} of {len(gate.groups)} {gate.per}s, each from its own confidence on"


def _grounds(gate: Gate) -> str:
    if gate.rule == "llm-share":
        return f"at most {gate.llm_share:.1%} to deliberate; no accuracy is promised"
    if gate.costs is not None:
        known = "measured" if gate.costs.measured else "assumed"
        return (
            f"least expected cost at {gate.costs.llm:g} a deliberation and {gate.costs.mistake:g} a mistake, "
            f"{gate.costs.mended:.1%} of mistakes mended ({known}); no accuracy is promised"
        )
    return f"lower bound {gate.lower_bound:.1%} at confidence {gate.confidence:.1%}; {_promised(gate)}"


def _promised(gate: Gate) -> str:
    target = f"{gate.target_accuracy:.1%}"
    if gate.rule == "clopper-pearson":
        return f"target {target}" if gate.per is None else f"target {target} for each alone"
    return f"{target} certified" if gate.per is None else f"{target} certified for all at once"
