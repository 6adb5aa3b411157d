"""`Ranker`: one strategy of the general expert, with a language model or without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.case import Case, Reasoning
from agents.fusion import Kind
from prompts.loader import Prompt
from retrieval.choice import Floats


@dataclass(frozen=True)
class RankedCase:
    """The candidates of a case as one strategy sees them.

    Attributes:
        features: (candidates, features), columns as `agents.fusion.FEATURES`.
        reasoning: None where the model has not been asked for its grounds.
        none_fits: the model said that no candidate fits.
        prompt: name and version of what was asked with; empty for the strategy's own.
        extra_calls: answers asked for beyond the first.
    """

    features: Floats
    tokens_in: int
    tokens_out: int
    reasoning: Reasoning | None
    none_fits: bool = False
    prompt: str = ""
    extra_calls: int = 0


@dataclass(frozen=True)
class Explained:
    """Reasoning and the tokens it took."""

    reasoning: Reasoning
    tokens_in: int = 0
    tokens_out: int = 0


class Ranker(Protocol):
    """Ranks the candidates of a case and says why."""

    @property
    def strategy(self) -> str:
        """Its name; goes into the key of its fusion."""
        ...

    @property
    def kind(self) -> Kind:
        """Which features it gives to fusion."""
        ...

    @property
    def order_matters(self) -> bool:
        """Whether the order in which candidates are shown can change the answer."""
        ...

    @property
    def model(self) -> str:
        """What ranks; goes into verdicts."""
        ...

    @property
    def prompt(self) -> Prompt | None:
        """That ranking is asked with, locale aside; None without a language model."""
        ...

    @property
    def prompts(self) -> Sequence[Prompt]:
        """All that an answer may depend on, the explanation's aside."""
        ...

    def rank(self, case: Case, order: Sequence[int] | None = None) -> RankedCase:
        """Score the candidates.

        Args:
            order: candidate places as they shall be shown; None shows them in the domain expert's order.

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
