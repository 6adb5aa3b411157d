"""The lowest threshold whose Clopper–Pearson bound meets the target.

Each bound holds on its own. Choosing the lowest of many looks at all of them, so the promise is broken
somewhat more often than the confidence says; `training.gate.certified` is valid over the whole family.
"""

import numpy as np
import numpy.typing as npt

from training.gate.acceptance import Acceptance
from training.gate.bounds import lower_bound


def lowest_bounded(
    confidences: npt.ArrayLike, right: npt.NDArray[np.bool_], *, target: float, confidence: float
) -> float | None:
    """Among all observed confidences; None when no bound meets the target.

    Args:
        confidences: of held-out rows, (n,).
        right: whether their first candidate was right, (n,).
    """
    seen = Acceptance.observed(confidences, right)
    keeping = np.flatnonzero(lower_bound(seen.right, seen.accepted, confidence) >= target)
    return float(seen.thresholds[keeping[-1]]) if len(keeping) else None
