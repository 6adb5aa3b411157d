"""One threshold a group: each locale's or department's own promise."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from retrieval.gate import Gate, Opening
from training.gate.acceptance import Acceptance, Bools
from training.gate.evidence import summed
from training.gate.promise import Promise


def group_openings(
    confidences: npt.ArrayLike, right: Bools, groups: Sequence[str], promise: Promise
) -> dict[str, Opening]:
    """An opening a group, the largest group first.

    A certified promise holds for all groups at once: the groups that have rows enough to open at all share
    what the confidence leaves (Bonferroni), the others stay shut. Group sizes do not tell who is right, so
    leaving small groups out costs no validity. Without `certified` each group's promise stands alone.

    Args:
        confidences: of held-out rows, (n,).
        right: whether their first candidate was right, (n,).
        groups: of the rows, (n,).
    """
    values, names = np.asarray(confidences, dtype=np.float64), np.asarray(groups, dtype=object)
    sizes = Counter(groups)
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    tested = _tested([sizes[name] for name in ordered], promise) if promise.certified else len(ordered)
    shared = replace(promise, groups=max(1, tested)) if promise.certified else promise
    openings: dict[str, Opening] = {}
    for rank, name in enumerate(ordered):
        own = values[names == name], right[names == name]
        openings[name] = shared.opening(*own) if rank < tested else shared.shut(Acceptance.observed(*own))
    return openings


def with_groups(gate: Gate, openings: Mapping[str, Opening]) -> Gate:
    """The gate with these groups, summed up in its own fields."""
    shut = all(part.threshold is None for part in openings.values())
    note = f"none of {len(openings)} groups can support the promise; each says why" if shut else ""
    whole = summed(openings.values(), gate.confidence, note)
    return gate.model_copy(update={**dict(whole), "groups": dict(openings)})


def moved(gate: Gate, opening: Opening, group: str = "") -> Gate:
    """The same promise with another opening, such as an audit finds: of this group, or of the whole."""
    if gate.per is None:
        return gate.model_copy(update=dict(opening))
    return with_groups(gate, {**gate.groups, group: opening})


def _tested(sizes: Sequence[int], promise: Promise) -> int:
    """The most groups that can share the promise, each with rows enough to pass its part of it.

    Args:
        sizes: rows of the groups, descending.
    """
    for tested in range(len(sizes), 0, -1):
        if sizes[tested - 1] >= replace(promise, groups=tested).fewest_rows:
            return tested
    return 0
