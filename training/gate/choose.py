"""Choose the gate from held-out confidences."""

from collections.abc import Sequence

import numpy.typing as npt

from retrieval.gate import Costs, Gate, Per
from training.gate.acceptance import Bools
from training.gate.cost import budget_threshold, least_cost_threshold
from training.gate.evidence import opening_at
from training.gate.groups import group_openings, with_groups
from training.gate.promise import Promise


def choose_gate(
    confidences: npt.ArrayLike,
    right: Bools,
    *,
    target_accuracy: float,
    confidence: float,
    certified: bool = False,
    per: Per | None = None,
    groups: Sequence[str] = (),
) -> Gate:
    """The lowest thresholds that keep the promise; shut, with the reason, where none does.

    Args:
        confidences: held-out calibrated confidences, (n,).
        right: whether the first candidate was right, (n,).
        certified: see `training.gate.promise.Promise`.
        per: what a group is; None for one threshold for all.
        groups: of the rows where `per` is given, (n,).
    """
    promise = Promise(target_accuracy, confidence, certified)
    gate = Gate(
        **promise.opening(confidences, right).model_dump(),
        target_accuracy=target_accuracy,
        confidence=confidence,
        rule="certified" if certified else "clopper-pearson",
        per=per,
    )
    return gate if per is None else with_groups(gate, group_openings(confidences, right, groups, promise))


def least_cost_gate(
    confidences: npt.ArrayLike, right: Bools, costs: Costs, *, target_accuracy: float, confidence: float
) -> Gate:
    """The gate of least expected cost; the promise is kept on record, not asked for."""
    opening = opening_at(least_cost_threshold(costs), confidences, right, confidence)
    return Gate(
        **opening.model_dump(),
        target_accuracy=target_accuracy,
        confidence=confidence,
        rule="least-cost",
        costs=costs,
    )


def budget_gate(
    confidences: npt.ArrayLike, right: Bools, share: float, *, target_accuracy: float, confidence: float
) -> Gate:
    """The strictest gate that sends on at most this share; the promise is kept on record, not asked for."""
    opening = opening_at(budget_threshold(confidences, share), confidences, right, confidence)
    return Gate(
        **opening.model_dump(),
        target_accuracy=target_accuracy,
        confidence=confidence,
        rule="llm-share",
        llm_share=share,
    )
