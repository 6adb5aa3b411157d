"""What it means to score text by likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class TokenScore:
    """How likely a continuation is.

    Args:
        logprob: sum over its tokens, in nats; 0.0 for an empty one.
        tokens: how many tokens it has.
    """

    logprob: float
    tokens: int


class Scorer(Protocol):
    """Scores continuations of a text."""

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        """Log P(continuation given head + prefix), one score per continuation, in order.

        Args:
            prefix: text that belongs to this call.
            continuations: each begins with the space or newline that separates it from the prefix.
            head: text before the prefix that many calls share (instruction, examples); a scorer may keep it
                read.

        Raises:
            LLMError: no score could be had.
        """
        ...
