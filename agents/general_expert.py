"""The general expert: ranks the candidates of an uncertain product by one strategy and gives its grounds."""

from collections.abc import Sequence

import numpy as np

from agents.case import Case, Definition, DefinitionRef, Deliberation
from agents.fusion import Fusions, Strategy, fuse, fusion_key
from agents.ranker import RankedCase, Ranker

__all__ = ["GeneralExpert", "RankedCase"]


class GeneralExpert:
    """Callable on a case.

    Args:
        ranker: the strategy, bound to what it ranks with.
        fusions: how much its ranking counts beside the domain expert.
    """

    def __init__(self, ranker: Ranker, fusions: Fusions) -> None:
        self.ranker = ranker
        self._choice = fusions.choice(self.model, self.strategy, self.prompt)

    @property
    def strategy(self) -> Strategy:
        return self.ranker.strategy

    @property
    def model(self) -> str:
        """Name of what ranks; goes into verdicts."""
        return self.ranker.model

    @property
    def prompt(self) -> str:
        """Name and version of the prompt; empty without a language model."""
        return self.ranker.prompt.ref if self.ranker.prompt else ""

    @property
    def key(self) -> str:
        """Under which `general.json` keeps the fusion's weights."""
        return fusion_key(self.model, self.strategy, self.prompt)

    def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
        """Rank the candidates; the answer is fused with the domain expert's scores.

        Raises:
            LLMUnavailable, LLMAnswerError: the model failed after its bounded retries.
        """
        ranked = self.features(case)
        probabilities = fuse(self._choice, ranked.features)
        order = np.argsort(-np.asarray(probabilities), kind="stable").tolist()
        explained = self.ranker.explain(case, order, ranked) if explain else None
        return Deliberation(
            scores=tuple(ranked.features[:, 1].tolist()),
            probabilities=probabilities,
            reasoning=explained.reasoning if explained else ranked.reasoning,
            definitions=_references(case.definitions),
            prompt=self.prompt,
            model=self.model,
            tokens_in=ranked.tokens_in + (explained.tokens_in if explained else 0),
            tokens_out=ranked.tokens_out + (explained.tokens_out if explained else 0),
        )

    def features(self, case: Case) -> RankedCase:
        """The strategy's features of the candidates, before fusion; what fusion is fitted on."""
        return self.ranker.rank(case)

    def failed(self, case: Case, error: str) -> Deliberation:
        """The record of a deliberation that gave no answer; the domain expert's stands."""
        return Deliberation(
            scores=(),
            probabilities=(),
            reasoning=None,
            definitions=_references(case.definitions),
            prompt=self.prompt,
            model=self.model,
            error=error,
        )


def _references(definitions: Sequence[Definition]) -> tuple[DefinitionRef, ...]:
    return tuple(DefinitionRef(category_id=d.category_id, version=d.version) for d in definitions)
