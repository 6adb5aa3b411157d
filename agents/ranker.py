"""`Ranker`: one strategy of the general expert, with a language model or without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.case import Case, Reasoning
from agents.fusion import Strategy
from prompts.loader import Prompt
from retrieval.choice import Floats


@dataclass(frozen=True)
class RankedCase:
    """The candidates of a case as one strategy sees them.

    Attributes:
        features: (candidates, features), columns as `agents.fusion.FEATURES`.
        reasoning: None where the model has not been asked for its grounds.
    """

    features: Floats
    tokens_in: int
    tokens_out: int
    reasoning: Reasoning | None


@dataclass(frozen=True)
class Explained:
    """Reasoning and the tokens it took."""

    reasoning: Reasoning
    tokens_in: int = 0
    tokens_out: int = 0


class Ranker(Protocol):
    """Ranks the candidates of a case and says why."""

    @property
    def strategy(self) -> Strategy:
        """Under which fusion knows its features."""
        ...

    @property
    def model(self) -> str:
        """What ranks; goes into verdicts."""
        ...

    @property
    def prompt(self) -> Prompt | None:
        """That ranking is asked with; None without a language model."""
        ...

    def rank(self, case: Case) -> RankedCase:
        """Score the candidates.

        Raises:
            LLMUnavailable, LLMAnswerError: the model failed after its bounded retries.
        """
        ...

    def explain(self, case: Case, order: Sequence[int], ranked: RankedCase) -> Explained | None:
        """Grounds for a choice that was made without words; None where `rank` gave its own.

        Args:
            order: candidate places after fusion, best first.
        """
        ...
