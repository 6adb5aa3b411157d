"""The gate that a workspace is made with."""

from retrieval.gate import Gate
from training.fit import Fitted
from training.gate.choose import choose_gate
from training.gate.levels import with_levels
from training.levels import LevelAnswers
from training.recipe import Recipe


def first_gate(fitted: Fitted, levels: LevelAnswers, recipe: Recipe) -> Gate:
    """By the recipe's promise; without labelled rows it is shut and says how many may open it."""
    gate = choose_gate(
        fitted.confidences,
        fitted.right,
        target_accuracy=recipe.target_accuracy,
        confidence=recipe.gate_confidence,
    )
    if not gate.rows:
        return gate.model_copy(update={"note": _without_labels(gate)})
    return with_levels(gate, levels.confidences, levels.right, fitted.confidences, [""] * len(fitted.right))


def _without_labels(gate: Gate) -> str:
    return (
        f"no labelled product tells how often an answer is right. {gate.target_accuracy:.1%} with confidence "
        f"{gate.confidence:.1%} takes at least {gate.rows_needed} labelled products, all of them answered "
        "right; `dual-expert suggest-labels` names those worth labelling."
    )
