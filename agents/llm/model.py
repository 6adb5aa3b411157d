"""A language model as the rest of the project sees it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from agents.llm.likelihood import Scorer
from agents.llm.limiter import Limiter
from agents.llm.memory import Memory
from agents.llm.structured import Ways, structured
from agents.llm.traffic import Traffic

Strategy = Literal["likelihood", "rank"]


@dataclass(frozen=True)
class LLM:
    """A general-purpose model, however it is reached.

    Args:
        name: the spec it was built from; goes into verdicts.
        chat: answers messages.
        scorer: scores continuations, where the backend can.
        strategy: how this model ranks best: small ones by likelihood, large ones by answering.
        traffic: bounds, repeats and breaks off the requests.
        ways: how this model takes a schema.
        memory: answers that were given before; None asks every time.
    """

    name: str
    chat: BaseChatModel
    scorer: Scorer | None
    strategy: Strategy
    traffic: Traffic = field(default_factory=Traffic)
    ways: Ways = field(default_factory=Ways)
    memory: Memory | None = None

    @property
    def limiter(self) -> Limiter:
        """Bounds the requests under way."""
        return self.traffic.limiter

    def structured(self, schema: type[BaseModel]) -> Runnable[Any, Any]:
        """A runnable from messages to a `StructuredReply`, in the way this model takes."""
        return structured(self.chat, schema, self.ways.open()[0])
