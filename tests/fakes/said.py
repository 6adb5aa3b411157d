"""A language model that says what it is told to, without a socket; for faults and shape only."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import PrivateAttr

from agents.llm.likelihood import TokenScore
from agents.llm.model import LLM
from agents.llm.structured import StructuredReply

Says = Callable[[Sequence[BaseMessage]], str]


class SaidChat(BaseChatModel):
    """Answers with `says(messages)` and keeps the messages."""

    says: Says
    _asked: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def asked(self) -> list[list[BaseMessage]]:
        return self._asked

    @property
    def _llm_type(self) -> str:
        return "said"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._lock:
            self._asked.append(messages)
        message = AIMessage(
            content=self.says(messages),
            usage_metadata={"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
            response_metadata={"finish_reason": "stop"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """The caller reads the raw message."""
        return self | RunnableLambda(_unread)


class LengthScorer:
    """Every character costs one nat, and what stands in the prefix costs nothing."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        del head
        self.calls.append(prefix)
        return [TokenScore(0.0 if c.strip() in prefix else -float(len(c)), len(c)) for c in continuations]


def said_llm(says: Says | str, *, scorer: Any = None) -> tuple[LLM, SaidChat]:
    """A model that says this, or what this makes of the messages."""
    chat = SaidChat(says=says if callable(says) else lambda _: says)
    return LLM("said", chat, scorer, "rank"), chat


def _unread(raw: AIMessage) -> StructuredReply:
    return StructuredReply(raw=raw, parsed=None, parsing_error=None)
