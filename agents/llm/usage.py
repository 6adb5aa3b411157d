"""What requests to a language model used, counted where they are answered."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook
from openai.types import CompletionUsage
from pydantic import BaseModel, ConfigDict


class Usage(BaseModel):
    """Attributes:
    calls: requests that were answered.
    tokens_cached: those of `tokens_in` that were kept from an earlier request: by the provider, by a server's
        prefix cache or by the embedded model.
    cache_hits: questions that the answer cache knew, so that nothing was asked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cache_hits: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            tokens_cached=self.tokens_cached + other.tokens_cached,
            cache_hits=self.cache_hits + other.cache_hits,
        )

    @property
    def prefix_hit_rate(self) -> float:
        """Share of the prompt tokens that were kept from an earlier request; 0 without any."""
        return self.tokens_cached / self.tokens_in if self.tokens_in else 0.0


class UsageCounter(BaseCallbackHandler):
    """Adds up what every answer reports, whether it can be used or not.

    Args:
        outer: counts it too.
    """

    def __init__(self, outer: "UsageCounter | None" = None) -> None:
        self.usage = Usage()
        self._outer = outer
        self._lock = threading.Lock()

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Called by LangChain with each answer."""
        self.add(_usage_of(response))

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        """Called by LangChain; the OpenAI client raises on an answer that was cut off, which is paid all the
        same."""
        used = getattr(getattr(error, "completion", None), "usage", None)
        if used is not None:
            self.add(completion_usage(used))

    def add(self, usage: Usage) -> None:
        with self._lock:
            self.usage = self.usage + usage
        if self._outer is not None:
            self._outer.add(usage)


_counter: ContextVar[UsageCounter | None] = ContextVar("dual_expert_usage", default=None)
register_configure_hook(_counter, inheritable=True)


@contextmanager
def counting_usage() -> Iterator[UsageCounter]:
    """Counts the requests that are made inside, by this thread or by those it hands its context to.

    What an inner block counts, the blocks around it count too.
    """
    counter = UsageCounter(outer=_counter.get())
    token = _counter.set(counter)
    try:
        yield counter
    finally:
        _counter.reset(token)


def count_usage(usage: Usage) -> None:
    """For requests that LangChain does not know of."""
    counter = _counter.get()
    if counter is not None:
        counter.add(usage)


def completion_usage(used: CompletionUsage) -> Usage:
    """One answer of a server that speaks OpenAI's protocol."""
    details = used.prompt_tokens_details
    return Usage(
        calls=1,
        tokens_in=used.prompt_tokens,
        tokens_out=used.completion_tokens,
        tokens_cached=(details.cached_tokens or 0) if details else 0,
    )


def message_usage(message: AIMessage) -> Usage:
    """One answer of a LangChain chat model; no tokens where it reports none."""
    return _metadata_usage(message.usage_metadata) if message.usage_metadata else Usage(calls=1)


def _usage_of(response: LLMResult) -> Usage:
    generation = next(iter(response.generations[0]), None)
    message = generation.message if isinstance(generation, ChatGeneration) else None
    return message_usage(message) if isinstance(message, AIMessage) else Usage(calls=1)


def _metadata_usage(used: UsageMetadata) -> Usage:
    return Usage(
        calls=1,
        tokens_in=used["input_tokens"],
        tokens_out=used["output_tokens"],
        tokens_cached=used.get("input_token_details", {}).get("cache_read") or 0,
    )
