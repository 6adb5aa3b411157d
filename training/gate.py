"""Choose the gate's threshold from held-out confidences."""

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from retrieval.gate import Gate

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def lower_bound(right: npt.ArrayLike, rows: npt.ArrayLike, confidence: float) -> npt.NDArray[np.float64]:
    """One-sided Clopper–Pearson lower bound of a share (Clopper and Pearson, 1934)."""
    k, n = np.asarray(right, dtype=float), np.asarray(rows, dtype=float)
    bound = beta.ppf(1 - confidence, np.maximum(k, 1e-12), n - k + 1)
    return np.where(k > 0, bound, 0.0)


def choose_gate(confidences: Floats, right: Bools, *, target_accuracy: float, confidence: float) -> Gate:
    """The lowest threshold whose lower bound meets the target; shut when there is none.

    Args:
        confidences: held-out calibrated confidences, (n,).
        right: whether the first candidate was right, (n,).
    """
    order = np.argsort(-confidences, kind="stable")
    sorted_confidences, hits = confidences[order], np.cumsum(right[order])
    counts = np.arange(1, len(order) + 1)
    bounds = lower_bound(hits, counts, confidence)
    # Rows that tie are accepted together, so only the last of a tie is a real threshold.
    last_of_tie = np.append(sorted_confidences[1:] != sorted_confidences[:-1], True)
    keeping = np.flatnonzero((bounds >= target_accuracy) & last_of_tie)
    if not len(keeping):
        return _shut(len(order), target_accuracy, confidence, float(bounds.max(initial=0.0)))
    best = int(keeping[-1])
    return Gate(
        threshold=float(sorted_confidences[best]),
        target_accuracy=target_accuracy,
        confidence=confidence,
        rows=len(order),
        coverage=float(counts[best] / len(order)),
        accuracy=float(hits[best] / counts[best]),
        lower_bound=float(bounds[best]),
    )


def _shut(rows: int, target: float, confidence: float, best: float) -> Gate:
    note = (
        f"No threshold on {rows} held-out rows keeps {target:.1%} with confidence {confidence:.1%} "
        f"(best lower bound {best:.1%}); give more labelled rows or a lower target."
    )
    return Gate(
        threshold=None,
        target_accuracy=target,
        confidence=confidence,
        rows=rows,
        coverage=0.0,
        accuracy=None,
        lower_bound=None,
        note=note,
    )
