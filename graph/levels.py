"""Confidence at every level of a verdict's path, and inner nodes where the leaf is in doubt."""

from dataclasses import dataclass

import numpy as np

from agents.case import Candidate, Recommendation
from graph.verdict import Level, Verdict
from retrieval.gate import Gate
from retrieval.levels import Levels


@dataclass(frozen=True)
class LevelReader:
    """Puts levels into verdicts.

    Attributes:
        gate: whose certified levels count.
    """

    levels: Levels
    gate: Gate

    def __call__(self, verdict: Verdict, recommendation: Recommendation, group: str) -> Verdict:
        """The verdict with its levels.

        Certified is what the domain expert says, since its held-out answers are what the gate rests on. Where
        the general expert ranked the candidates anew, nothing is.

        Args:
            group: of the gate that the product falls in.
        """
        own = self._read(recommendation.candidates, recommendation.confidence)
        certified = self._certified(own, recommendation.confidence, group)
        if self._may_be_inner(verdict) and certified is not None and certified < len(own) - 1:
            return self._inner(verdict, own, certified)
        if verdict.candidates == recommendation.candidates:
            path = None if certified is None else own[certified].category_path
            return verdict.model_copy(update={"levels": own, "certified_path": path})
        return verdict.model_copy(update={"levels": self._read(verdict.candidates, verdict.confidence)})

    def _read(self, candidates: tuple[Candidate, ...], confidence: float) -> tuple[Level, ...]:
        """Levels of the first candidate, root first."""
        taxonomy = self.levels.taxonomy
        positions = np.asarray([[taxonomy.require(c.category_id) for c in candidates]], np.int64)
        scores = np.asarray([[c.score for c in candidates]], np.float32)
        found = self.levels(positions, scores, np.asarray([confidence], np.float32))[0]
        inner = [float(sure) for sure in found[~np.isnan(found)]][:-1]
        path = candidates[0].category_path
        return tuple(
            Level(category_path=self.levels.node(path, level)[1], confidence=sure)
            for level, sure in enumerate([*inner, confidence])
        )

    def _certified(self, levels: tuple[Level, ...], confidence: float, group: str) -> int | None:
        """The deepest level that meets the gate's threshold for it."""
        if self.gate.promises and self.gate.accepts(confidence, group):
            return len(levels) - 1
        inner = reversed(range(len(levels) - 1))
        return next((i for i in inner if levels[i].confidence >= self.gate.level_limit(i)), None)

    def _may_be_inner(self, verdict: Verdict) -> bool:
        """A person was to look, and not because the model found that nothing fits."""
        return self.gate.accept_inner and verdict.status == "review" and "none_fits" not in verdict.flags

    def _inner(self, verdict: Verdict, levels: tuple[Level, ...], level: int) -> Verdict:
        node_id, path = self.levels.node(levels[-1].category_path, level)
        return verdict.model_copy(
            update={
                "category_id": node_id,
                "category_path": path,
                "status": "accepted",
                "confidence": levels[level].confidence,
                "levels": levels,
                "certified_path": path,
            }
        )
