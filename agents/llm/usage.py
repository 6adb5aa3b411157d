"""What requests to a language model used, counted where they are answered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook
from pydantic import BaseModel, ConfigDict


class Usage(BaseModel):
    """Attributes:
    calls: requests that were answered.
    tokens_cached: those of `tokens_in` that the provider had kept from an earlier request.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            tokens_cached=self.tokens_cached + other.tokens_cached,
        )


class UsageCounter(BaseCallbackHandler):
    """Adds up what every answer reports, whether it can be used or not."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._lock = threading.Lock()

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Called by LangChain with each answer."""
        self.add(_usage_of(response))

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        """Called by LangChain; the OpenAI client raises on an answer that was cut off, which is paid all the
        same."""
        used = getattr(getattr(error, "completion", None), "usage", None)
        if used is not None:
            self.add(Usage(calls=1, tokens_in=used.prompt_tokens, tokens_out=used.completion_tokens))

    def add(self, usage: Usage) -> None:
        with self._lock:
            self.usage = self.usage + usage


_counter: ContextVar[UsageCounter | None] = ContextVar("dual_expert_usage", default=None)
register_configure_hook(_counter, inheritable=True)


@contextmanager
def counting_usage() -> Iterator[UsageCounter]:
    """Counts the chat requests that are made inside, by this thread or by those it hands its context to."""
    counter = UsageCounter()
    token = _counter.set(counter)
    try:
        yield counter
    finally:
        _counter.reset(token)


def _usage_of(response: LLMResult) -> Usage:
    generation = next(iter(response.generations[0]), None)
    message = generation.message if isinstance(generation, ChatGeneration) else None
    used = message.usage_metadata if isinstance(message, AIMessage) else None
    if used is None:
        return Usage(calls=1)
    return Usage(
        calls=1,
        tokens_in=used["input_tokens"],
        tokens_out=used["output_tokens"],
        tokens_cached=used.get("input_token_details", {}).get("cache_read", 0),
    )
