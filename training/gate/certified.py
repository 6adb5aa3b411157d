"""Thresholds certified all at once: multi-start fixed-sequence testing.

Learn then Test (Angelopoulos et al., 2021): each threshold stands for the hypothesis that the accuracy
among what it accepts is at most the target. The thresholds are tested from strict to lax, in an order fixed
before any row is seen. The level delta is shared out among several starts, and a run of rejections carries
its level along, adding that of each start it passes (the fallback procedure, Wiens and Dmitrienko, 2005).

Why this holds: a true hypothesis that is rejected first was reached through false ones alone, so its level
is made of shares that lie after the true hypothesis before it. These stretches do not overlap, so the
chances to reject any true one sum up to at most delta. Whatever is rejected holds, all of it together, with
confidence 1 - delta, and any choice among it keeps the promise.

The thresholds and the starts depend on the target alone. Calibrated confidences near the target are where
the answer lies, so errors 1 - t are tried in equal ratios around 1 - target.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from training.gate.acceptance import Acceptance
from training.gate.bounds import p_value

Doubles = npt.NDArray[np.float64]

_STRICTEST = -6.0
_STEPS = 24
# In doublings of the promised error: starts at half of it and at the promise itself.
STARTS: Final = (-1.0, 0.0)


def thresholds_tried(target: float) -> Doubles:
    """The fixed sequence, descending, ending with 0: accept everything."""
    laxest = float(np.log2(1 / (1 - target)))
    doublings = np.arange(_STRICTEST, laxest, 1 / _STEPS)
    return np.append(1 - (1 - target) * 2.0**doublings, 0.0)


def starts(target: float) -> npt.NDArray[np.int64]:
    """Places in `thresholds_tried` at which a sequence of tests begins; all `STARTS`, 0 the laxest."""
    last = len(thresholds_tried(target)) - 1
    places = np.round((np.asarray(STARTS) - _STRICTEST) * _STEPS).astype(np.int64)
    return np.unique(np.minimum(places, last))


def start_confidence(target: float, confidence: float) -> float:
    """Of the test at each start, so that all together have `confidence`."""
    return 1 - (1 - confidence) / len(starts(target))


def lowest_certified(
    confidences: npt.ArrayLike, right: npt.NDArray[np.bool_], *, target: float, confidence: float
) -> float | None:
    """The lowest threshold that is certified; None when none is.

    Args:
        confidences: of held-out rows, (n,).
        right: whether their first candidate was right, (n,).
    """
    tried = Acceptance.at(thresholds_tried(target), confidences, right)
    chances = p_value(tried.right, tried.accepted, target)
    certified = fallback(chances, starts(target), 1 - start_confidence(target, confidence))
    return float(tried.thresholds[certified[-1]]) if len(certified) else None


def fallback(chances: Doubles, starting: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    """Places of the hypotheses that are rejected, ascending.

    Args:
        chances: p-value of each hypothesis in the order of the tests, (t,).
        starting: places that have a share of the level.
        share: of the level, at each of these.
    """
    own = np.zeros(len(chances))
    own[starting] = share
    rejected, carried = [], 0.0
    for place, (chance, level) in enumerate(zip(chances.tolist(), own.tolist(), strict=True)):
        carried += level
        if carried > 0 and chance <= carried:
            rejected.append(place)
        else:
            carried = 0.0
    return np.asarray(rejected, dtype=np.int64)
