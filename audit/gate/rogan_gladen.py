"""The accuracy behind an auditor's votes, corrected for the auditor's own errors.

With accuracy a, the auditor agrees in a share A = a * p1 + (1 - a) * p0 of the cases, where p1 and p0 are its
chances to agree with a right and with a wrong answer. So a = (A - p0) / (p1 - p0) (Rogan and Gladen, 1978).
"""

from dataclasses import dataclass
from math import sqrt

from scipy.stats import fisher_exact, norm

# Of the test that the auditor agrees more often with what is right.
LEVEL = 0.01


@dataclass(frozen=True)
class Count:
    """So many of so many."""

    hits: int
    rows: int

    @property
    def share(self) -> float:
        return self.hits / self.rows

    def shrunk(self, more: float) -> float:
        """The share with `more` made-up rows added, half of them hits."""
        return (self.hits + more / 2) / (self.rows + more)


@dataclass(frozen=True)
class Corrected:
    """A share with its one-sided bounds, all in 0 to 1."""

    value: float
    low: float
    high: float


def tells_apart(right: Count, wrong: Count) -> bool:
    """Whether the auditor provably agrees more often with right answers (Fisher's exact test).

    Without that the correction divides by next to nothing, and no estimate means anything.

    Args:
        right, wrong: how often it agreed with right and with wrong answers.
    """
    table = [[right.hits, right.rows - right.hits], [wrong.hits, wrong.rows - wrong.hits]]
    return bool(fisher_exact(table, alternative="greater").pvalue <= LEVEL)


def corrected(agreed: Count, right: Count, wrong: Count, confidence: float) -> Corrected:
    """Accuracy with bounds that carry the noise of all three counts (Lang and Reiczigel, 2014, eq. 4).

    Args:
        agreed: with answers of which nobody knows whether they are right.
        right, wrong: with right and with wrong answers; `tells_apart` holds of them.
        confidence: of each bound by itself.
    """
    z = float(norm.ppf(confidence))
    value = (agreed.share - wrong.share) / (right.share - wrong.share)
    p1, p0, share = right.shrunk(2), wrong.shrunk(2), agreed.shrunk(z * z)
    middle = (share - p0) / (p1 - p0)
    of_right, of_wrong = p1 * (1 - p1) / (right.rows + 2), p0 * (1 - p0) / (wrong.rows + 2)
    spread = share * (1 - share) / (agreed.rows + z * z) + middle**2 * of_right + (1 - middle) ** 2 * of_wrong
    half = z * sqrt(spread) / (p1 - p0)
    centre = middle + 2 * z * z * (middle * of_right - (1 - middle) * of_wrong)
    low, high = _within(centre - half), _within(centre + half)
    return Corrected(min(max(_within(value), low), high), low, high)


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)
