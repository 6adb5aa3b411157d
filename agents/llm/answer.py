"""Ask a model for an answer of a given shape: bounded, retried, validated, and repaired once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    MessageLikeRepresentation,
    convert_to_messages,
)
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.runnables import Runnable
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from agents.llm.failures import decided
from agents.llm.model import LLM
from agents.llm.structured import StructuredReply, Way, answer_text, read_reply, refuses_way, structured
from agents.llm.usage import Usage, completion_usage, message_usage
from catalog.errors import LLMAnswerError, LLMUnavailable

T = TypeVar("T", bound=BaseModel)

_QUOTED = 2000
"""Characters of a bad answer that the model is shown again."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A checked answer and what it took.

    Args:
        value: the validated answer.
        tokens_in: prompt tokens over all requests that were answered, as the backend counts them.
        tokens_out: tokens written, likewise.
        latency_ms: wall-clock time with waiting, retries and repair.
        attempts: requests sent; 1 when all went well, 0 when the answer was kept from an earlier run, which
            took no tokens.
        tokens_cached: those of `tokens_in` that the backend had kept from an earlier request.
    """

    value: T
    tokens_in: int
    tokens_out: int
    latency_ms: float
    attempts: int
    tokens_cached: int = 0


@dataclass
class _Tally:
    started: float = field(default_factory=time.perf_counter)
    usage: Usage = field(default_factory=Usage)
    attempts: int = 0

    def add(self, raw: AIMessage) -> None:
        self.usage += message_usage(raw)

    def answer(self, value: T) -> Answer[T]:
        return Answer(
            value,
            tokens_in=self.usage.tokens_in,
            tokens_out=self.usage.tokens_out,
            latency_ms=(time.perf_counter() - self.started) * 1000,
            attempts=self.attempts,
            tokens_cached=self.usage.tokens_cached,
        )


class _Send(Protocol):
    """One request under the model's traffic rules."""

    async def __call__(
        self, llm: LLM, chain: Runnable[Any, Any], messages: Any, tally: _Tally
    ) -> StructuredReply: ...


def ask(llm: LLM, messages: Sequence[MessageLikeRepresentation], schema: type[T]) -> Answer[T]:
    """Ask `llm` and return its answer as a `schema`.

    Transport failures are retried by `llm.traffic`. An answer that is cut off or does not validate is shown
    to the model once, with what is wrong with it. A good answer is kept in `llm.memory`, and found there.

    Raises:
        LLMUnavailable: refused, no answer within the retries, or the model counts as down.
        LLMAnswerError: two answers, neither usable.
    """
    dialogue = _converse(llm, convert_to_messages(messages), schema, _send_blocking)
    try:
        dialogue.send(None)
    except StopIteration as end:
        answer: Answer[T] = end.value
        return answer
    raise AssertionError("a dialogue that blocks never waits for an event loop")


async def aask(llm: LLM, messages: Sequence[MessageLikeRepresentation], schema: type[T]) -> Answer[T]:
    """`ask` without blocking the event loop."""
    return await _converse(llm, convert_to_messages(messages), schema, _send_waiting)


async def _send_blocking(
    llm: LLM, chain: Runnable[Any, Any], messages: Any, tally: _Tally
) -> StructuredReply:
    def once() -> StructuredReply:
        tally.attempts += 1
        reply: StructuredReply = chain.invoke(messages)
        return reply

    return llm.traffic.call(once)


async def _send_waiting(llm: LLM, chain: Runnable[Any, Any], messages: Any, tally: _Tally) -> StructuredReply:
    async def once() -> StructuredReply:
        tally.attempts += 1
        reply: StructuredReply = await chain.ainvoke(messages)
        return reply

    return await llm.traffic.acall(once)


async def _converse(llm: LLM, messages: list[BaseMessage], schema: type[T], send: _Send) -> Answer[T]:
    """The dialogue of `ask`, whichever way requests are sent."""
    tally = _Tally()
    if llm.memory and (known := llm.memory.find(messages, schema, llm.ways.open())):
        return tally.answer(known)
    reply = await _request(llm, messages, schema, send, tally)
    if reply["parsing_error"] is not None:
        reply = await _request(llm, [*messages, *_complaint(reply)], schema, send, tally)
    problem = reply["parsing_error"]
    if problem is not None:
        raise LLMAnswerError(
            f"`{llm.name}` gave no usable answer in two attempts: {problem.message}", fix=problem.fix
        ) from problem
    if llm.memory:
        llm.memory.keep(messages, reply["parsed"], llm.ways.open()[0])
    return tally.answer(reply["parsed"])


async def _request(
    llm: LLM, messages: list[BaseMessage], schema: type[T], send: _Send, tally: _Tally
) -> StructuredReply:
    """One answer, in the first way of asking that the model accepts."""
    refusal: LLMUnavailable | None = None
    for way in llm.ways.open():
        try:
            reply = await _one_way(llm, way, messages, schema, send, tally)
        except LLMUnavailable as error:
            if not refuses_way(error):
                raise
            refusal = refusal or error
            continue
        llm.ways.settle(way)
        return reply
    raise refusal or LLMUnavailable(f"`{llm.name}` offers no way to ask for structured output")


async def _one_way(
    llm: LLM, way: Way, messages: list[BaseMessage], schema: type[T], send: _Send, tally: _Tally
) -> StructuredReply:
    chain = structured(llm.chat, schema, way)
    try:
        reply = await send(llm, chain, messages, tally)
    except LLMUnavailable:
        raise
    except Exception as error:
        # providers raise all kinds for an answer they cannot read; each is one bad answer
        reply = _salvage(error, schema)
    tally.add(reply["raw"])
    return reply


def _salvage(error: Exception, schema: type[BaseModel]) -> StructuredReply:
    """The reply behind an error: the OpenAI client raises on a truncated answer, and carries it along."""
    completion = getattr(error, "completion", None)
    if completion is not None:
        return read_reply(_message(completion), schema)
    ours = decided(error)
    problem = ours if isinstance(ours, LLMAnswerError) else _unreadable(error)
    return StructuredReply(raw=AIMessage(content=""), parsed=None, parsing_error=problem)


def _unreadable(error: Exception) -> LLMAnswerError:
    problem = LLMAnswerError(f"the answer cannot be read: {str(error)[:_QUOTED]!r}")
    problem.__cause__ = error
    return problem


def _message(completion: ChatCompletion) -> AIMessage:
    choice, usage = completion.choices[0], completion.usage
    message = AIMessage(
        content=choice.message.content or "", response_metadata={"finish_reason": choice.finish_reason}
    )
    if usage is not None:
        message.usage_metadata = UsageMetadata(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            input_token_details=InputTokenDetails(cache_read=completion_usage(usage).tokens_cached),
        )
    return message


def _complaint(reply: StructuredReply) -> list[BaseMessage]:
    """The bad answer and what is wrong with it, as the next turns of the conversation."""
    said = answer_text(reply["raw"])[:_QUOTED] or "(no answer)"
    wrong = reply["parsing_error"].message if reply["parsing_error"] else ""
    return [
        AIMessage(content=said),
        HumanMessage(
            content=f"That answer cannot be used: {wrong}. Answer again, with only the JSON object."
        ),
    ]
