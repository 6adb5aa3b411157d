"""A language model as the rest of the project sees it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from agents.llm.likelihood import Scorer
from agents.llm.limiter import Limiter
from agents.llm.retry import RetryPolicy
from agents.llm.structured import Ways, structured

Strategy = Literal["likelihood", "rank"]


@dataclass(frozen=True)
class LLM:
    """A general-purpose model, however it is reached.

    Args:
        name: the spec it was built from; goes into verdicts.
        chat: answers messages.
        scorer: scores continuations, where the backend can.
        strategy: how this model ranks best: small ones by likelihood, large ones by answering.
        limiter: bounds the requests under way.
        retry: when and how often a request is repeated.
        ways: how this model takes a schema.
    """

    name: str
    chat: BaseChatModel
    scorer: Scorer | None
    strategy: Strategy
    limiter: Limiter = field(default_factory=lambda: Limiter(16))
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    ways: Ways = field(default_factory=Ways)

    def structured(self, schema: type[BaseModel]) -> Runnable[Any, Any]:
        """A runnable from messages to a `StructuredReply`, in the way this model takes."""
        return structured(self.chat, schema, self.ways.open()[0])
