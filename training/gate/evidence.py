"""What labelled rows say of a threshold, and of several groups together."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from retrieval.gate import Opening
from training.gate.acceptance import Acceptance, Bools
from training.gate.bounds import lower_bound


def opening_at(threshold: float, confidences: npt.ArrayLike, right: Bools, confidence: float) -> Opening:
    """Evidence for a threshold, however it was chosen.

    Args:
        confidences: of labelled rows, (n,).
        right: whether their first candidate was right, (n,).
        confidence: of the lower bound.
    """
    seen = Acceptance.at(np.asarray([threshold]), confidences, right)
    accepted, hits = int(seen.accepted[0]), int(seen.right[0])
    return _counted(threshold, seen.rows, accepted, hits, confidence)


def summed(parts: Collection[Opening], confidence: float, note: str) -> Opening:
    """Evidence of several groups as one; it has no threshold of its own."""
    accepted = sum(_accepted(part) for part in parts)
    hits = sum(round(_accepted(part) * (part.accuracy or 0.0)) for part in parts)
    whole = _counted(None, sum(part.rows for part in parts), accepted, hits, confidence)
    return whole.model_copy(update={"note": note})


def _accepted(part: Opening) -> int:
    return round(part.coverage * part.rows)


def _counted(threshold: float | None, rows: int, accepted: int, right: int, confidence: float) -> Opening:
    return Opening(
        threshold=threshold,
        rows=rows,
        coverage=accepted / rows if rows else 0.0,
        accuracy=right / accepted if accepted else None,
        lower_bound=float(lower_bound(right, accepted, confidence)) if accepted else None,
    )
