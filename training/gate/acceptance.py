"""What each of a family of thresholds would accept of some labelled rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Acceptance:
    """A family of t thresholds over the same rows, the strictest first.

    Attributes:
        thresholds: descending, (t,).
        accepted: rows at or above each, (t,).
        right: the right ones among these, (t,).
        rows: all rows, accepted or not.
    """

    thresholds: Doubles
    accepted: Ints
    right: Ints
    rows: int

    @classmethod
    def at(cls, thresholds: Doubles, confidences: npt.ArrayLike, right: Bools) -> "Acceptance":
        """At these thresholds, in descending order.

        Args:
            confidences: of the rows, (n,).
            right: whether their first candidate was right, (n,).
        """
        values = np.asarray(confidences, dtype=np.float64)
        order = np.argsort(values, kind="stable")
        above = np.append(np.cumsum(right[order][::-1])[::-1], 0).astype(np.int64)
        places = np.searchsorted(values[order], thresholds, side="left")
        return cls(thresholds, len(values) - places, above[places], len(values))

    @classmethod
    def observed(cls, confidences: npt.ArrayLike, right: Bools) -> "Acceptance":
        """At every distinct confidence: rows that tie are accepted together."""
        return cls.at(np.unique(np.asarray(confidences, dtype=np.float64))[::-1], confidences, right)
