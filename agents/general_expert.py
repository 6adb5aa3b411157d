"""The general expert: ranks the candidates of an uncertain product by one strategy and gives its grounds."""

from collections.abc import Sequence

import numpy as np

from agents.case import Case, Definition, DefinitionRef, Deliberation, Flag
from agents.fusion import Fusions, Kind, fuse, fusion_key
from agents.ranker import Explained, RankedCase, Ranker
from agents.ties import TieRule, settled
from retrieval.choice import ChoiceModel
from retrieval.surety import Surety, surety_columns

__all__ = ["GeneralExpert", "RankedCase"]


class GeneralExpert:
    """Callable on a case.

    Args:
        ranker: the strategy, bound to what it ranks with.
        fusions: how much its ranking counts beside the domain expert.
        ties: when candidates are asked about again.
    """

    def __init__(self, ranker: Ranker, fusions: Fusions, ties: TieRule | None = None) -> None:
        self.ranker = ranker
        self.ties = ties or TieRule()
        self._choice, self._surety = fusions.of(self.key, self.kind)

    @property
    def strategy(self) -> str:
        return self.ranker.strategy

    @property
    def kind(self) -> Kind:
        """Which features it gives to fusion."""
        return self.ranker.kind

    @property
    def model(self) -> str:
        """Name of what ranks; goes into verdicts."""
        return self.ranker.model

    @property
    def prompt(self) -> str:
        """Name and version of the prompt, locale aside; empty without a language model."""
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
        ranked = self.settle(case, self.features(case), self._choice)
        probabilities = fuse(self._choice, ranked.features)
        order = np.argsort(-np.asarray(probabilities), kind="stable").tolist()
        explained = self.ranker.explain(case, order, ranked) if explain else None
        return self._deliberation(case, ranked, probabilities, explained)

    def features(self, case: Case) -> RankedCase:
        """The strategy's features of the candidates, before fusion; what fusion is fitted on."""
        return self.ranker.rank(case)

    def settle(self, case: Case, ranked: RankedCase, choice: ChoiceModel) -> RankedCase:
        """The same, with near ties asked again; see `agents.ties.settled`."""
        return settled(self.ranker, self.ties, choice, case, ranked)

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

    def _deliberation(
        self, case: Case, ranked: RankedCase, probabilities: tuple[float, ...], explained: Explained | None
    ) -> Deliberation:
        return Deliberation(
            scores=_scores(self.kind, ranked),
            probabilities=probabilities,
            confidence=confidence(self._surety, probabilities, case.recommendation.confidence),
            reasoning=explained.reasoning if explained else ranked.reasoning,
            definitions=_references(case.definitions),
            prompt=ranked.prompt or self.prompt,
            model=self.model,
            tokens_in=ranked.tokens_in + (explained.tokens_in if explained else 0),
            tokens_out=ranked.tokens_out + (explained.tokens_out if explained else 0),
            flags=tuple(_flags(ranked)),
            extra_calls=ranked.extra_calls,
        )


def confidence(surety: Surety, probabilities: Sequence[float], of_domain: float) -> float:
    """Calibrated probability that the most probable candidate is right.

    Args:
        probabilities: fused, in the domain expert's order.
        of_domain: the domain expert's calibrated confidence in its own first.
    """
    columns = surety_columns(np.asarray([probabilities], np.float32), np.asarray([of_domain], np.float32))
    return float(surety(columns)[0])


def _scores(kind: Kind, ranked: RankedCase) -> tuple[float, ...]:
    """The greater, the better."""
    scores = ranked.features[:, 1]
    return tuple((-scores if kind == "rank" else scores).tolist())


def _flags(ranked: RankedCase) -> list[Flag]:
    raised: dict[Flag, bool] = {"near_tie": ranked.extra_calls > 0, "none_fits": ranked.none_fits}
    return [flag for flag, is_raised in raised.items() if is_raised]


def _references(definitions: Sequence[Definition]) -> tuple[DefinitionRef, ...]:
    return tuple(DefinitionRef(category_id=d.category_id, version=d.version) for d in definitions)
