"""A promise of accuracy, the threshold that keeps it, and what to say where none does."""

from dataclasses import dataclass

import numpy.typing as npt

from retrieval.gate import Opening
from training.gate.acceptance import Acceptance, Bools
from training.gate.bounds import fewest_rows
from training.gate.certified import lowest_certified, start_confidence
from training.gate.clopper_pearson import lowest_bounded
from training.gate.evidence import opening_at
from training.gate.shortfall import more_rows


@dataclass(frozen=True)
class Promise:
    """Attributes:
    target_accuracy: share of right answers among the accepted.
    confidence: one-sided, that the share is at least the target.
    certified: valid over all thresholds tried at once; else each Clopper–Pearson bound on its own.
    groups: as many promises of this kind are to hold together (Bonferroni).
    """

    target_accuracy: float
    confidence: float
    certified: bool = False
    groups: int = 1

    @property
    def own_confidence(self) -> float:
        """Of this one, so that all groups' promises together have `confidence`."""
        return 1 - (1 - self.confidence) / self.groups

    @property
    def test_confidence(self) -> float:
        """Of the single test that a threshold has to pass."""
        if not self.certified:
            return self.own_confidence
        return start_confidence(self.target_accuracy, self.own_confidence)

    @property
    def fewest_rows(self) -> int:
        """Rows that can open the gate if the first candidate of every one of them is right."""
        return fewest_rows(self.target_accuracy, self.test_confidence)

    def threshold(self, confidences: npt.ArrayLike, right: Bools) -> float | None:
        """The lowest one that keeps the promise on these rows; None when none does."""
        lowest = lowest_certified if self.certified else lowest_bounded
        return lowest(confidences, right, target=self.target_accuracy, confidence=self.own_confidence)

    def opening(self, confidences: npt.ArrayLike, right: Bools) -> Opening:
        """That threshold with its evidence; shut, with the reason, when there is none."""
        threshold = self.threshold(confidences, right)
        if threshold is None:
            return self.shut(Acceptance.observed(confidences, right))
        return opening_at(threshold, confidences, right, self.confidence)

    def shut(self, seen: Acceptance) -> Opening:
        """An opening that accepts nothing and says why and how many rows are missing."""
        missing = more_rows(seen, self.target_accuracy, self.test_confidence)
        return Opening(
            threshold=None,
            rows=seen.rows,
            coverage=0.0,
            accuracy=None,
            lower_bound=None,
            rows_needed=missing,
            note=self._note(seen.rows, missing),
        )

    def _note(self, rows: int, missing: int | None) -> str:
        """Why the gate is shut."""
        promise = f"{self.target_accuracy:.1%} with confidence {self.confidence:.1%}"
        way = (
            "even the surest of them are right too rarely, so more rows like these would not help"
            if missing is None
            else f"about {missing:,} more labelled rows are needed"
        )
        return f"{rows:,} held-out rows cannot support {promise}: {way}, or a lower target."
