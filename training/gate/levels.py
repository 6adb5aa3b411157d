"""Thresholds of the inner levels: what may be accepted of answers whose leaf the gate does not accept."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retrieval.gate import Gate, Opening
from training.gate.acceptance import Bools
from training.gate.promise import Promise

Doubles = npt.NDArray[np.float64]


def with_levels(
    gate: Gate, confidences: npt.ArrayLike, right: Bools, leaf: npt.ArrayLike, groups: Sequence[str]
) -> Gate:
    """The gate with a threshold for each inner level, under the same promise.

    Args:
        confidences: of the inner levels, the root's first, (n, levels), NaN where there is none.
        right: whether each is on a true path, (n, levels).
        leaf: confidences of the whole answers, (n,).
        groups: of the rows where the gate has groups, (n,).
    """
    values, sure = np.asarray(confidences, np.float64), np.asarray(leaf, np.float64)
    limits = np.asarray([gate.limit(group) for group in groups])
    promise = Promise(
        gate.target_accuracy, gate.confidence, gate.rule == "certified", groups=max(1, values.shape[1])
    )
    openings = level_openings(values, right, sure >= limits, promise)
    return gate.model_copy(update={"levels": openings})


def level_openings(
    confidences: Doubles, right: Bools, accepted: Bools, promise: Promise
) -> tuple[Opening, ...]:
    """One a level, the root's first.

    Levels are gone through from the deepest. Each is asked about the rows that nothing deeper accepts: an
    answer whose leaf is in doubt is wrong more often above it too, so that a threshold found on all rows
    would promise too much.

    Args:
        accepted: whether the whole answer is accepted, (n,).
    """
    left = ~accepted
    found: list[Opening] = []
    for level in reversed(range(confidences.shape[1])):
        own = left & ~np.isnan(confidences[:, level])
        opening = promise.opening(confidences[own, level], right[own, level])
        found.append(opening)
        if opening.threshold is not None:
            left &= ~(own & (confidences[:, level] >= opening.threshold))
    return tuple(reversed(found))
