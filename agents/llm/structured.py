"""Answers of a given shape, from any LangChain chat model.

Providers offer different ways to constrain an answer, and some refuse some. The ways are tried from the
tightest to the loosest, and the first that a model accepts is kept for it. However it was asked for, the
answer is read from the raw message and validated here: LangChain's own parsers close truncated JSON silently.
"""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, TypedDict, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableLambda, RunnableSequence
from pydantic import BaseModel, ValidationError

from agents.llm.failures import http_status
from catalog.errors import LLMAnswerError, LLMUnavailable

T = TypeVar("T", bound=BaseModel)

_TRUNCATED = frozenset({"length", "max_tokens", "MAX_TOKENS"})
_FINISH_KEYS = ("finish_reason", "stop_reason", "done_reason")
_REFUSALS = frozenset({400, 422})
_WAY_WORDS = ("response_format", "schema", "structured", "strict", "tool", "guided")
_NOT_OFFERED = (NotImplementedError, ValueError, TypeError)
_PROBLEMS_SHOWN = 5


@dataclass(frozen=True)
class Way:
    """One way to ask for structured output.

    Args:
        method: as LangChain calls it.
        strict: ask the provider to enforce the schema, where it makes that difference.
    """

    method: Literal["json_schema", "function_calling", "json_mode"]
    strict: bool = False


WAYS = (Way("json_schema", strict=True), Way("json_schema"), Way("function_calling"), Way("json_mode"))


class StructuredReply(TypedDict):
    """What a structured runnable gives: the message, and either its value or what is wrong with it."""

    raw: AIMessage
    parsed: Any
    parsing_error: LLMAnswerError | None


class Ways:
    """Which way a model takes: remembers the first that it accepted."""

    def __init__(self) -> None:
        self._first = 0

    def open(self) -> tuple[Way, ...]:
        """The ways still worth trying, tightest first."""
        return WAYS[self._first :]

    def settle(self, way: Way) -> None:
        """Begin with this way from now on."""
        self._first = WAYS.index(way)


def structured(chat: BaseChatModel, schema: type[T], way: Way) -> Runnable[Any, Any]:
    """A runnable from messages to a `StructuredReply`.

    Raises:
        LLMUnavailable: the model's LangChain class does not offer this way.
    """
    options: dict[str, Any] = {"method": way.method}
    if way.strict:
        options["strict"] = True
    try:
        chain = _messages(chat, answer_schema(schema), options) | RunnableLambda(_reader(schema))
    except _NOT_OFFERED as error:
        raise LLMUnavailable(f"{type(chat).__name__} does not offer {way.method!r}") from error
    return RunnableLambda(partial(_with_schema, schema)) | chain if way.method == "json_mode" else chain


def _messages(chat: BaseChatModel, schema: dict[str, Any], options: dict[str, Any]) -> Runnable[Any, Any]:
    """The model with the schema bound to it, giving its raw message.

    LangChain's own way to the raw message, `include_raw`, starts three threads for every request; where
    the chain begins with the bound model, as it does for the providers that LangChain ships, that is taken
    alone.
    """
    chain = chat.with_structured_output(schema, **options)
    first = chain.first if isinstance(chain, RunnableSequence) else chain
    if isinstance(first.bound if isinstance(first, RunnableBinding) else first, BaseChatModel):
        return first
    whole = chat.with_structured_output(schema, include_raw=True, **options)
    return whole | RunnableLambda(_raw)


def refuses_way(error: LLMUnavailable) -> bool:
    """Whether a provider refused the way of asking, rather than the request."""
    cause = error.__cause__
    if cause is None or isinstance(cause, _NOT_OFFERED):
        return cause is not None
    return http_status(cause) in _REFUSALS and any(word in str(cause).lower() for word in _WAY_WORDS)


def answer_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of a pydantic model with every object closed: a model invents keys where it may."""
    return deepcopy(_closed_schema(model))


@lru_cache(maxsize=256)
def _closed_schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    _close(schema)
    return schema


def read_reply(raw: AIMessage, schema: type[T]) -> StructuredReply:
    """Read a message as `schema`; what is wrong with it goes into `parsing_error`."""
    try:
        return StructuredReply(raw=raw, parsed=_read(raw, schema), parsing_error=None)
    except LLMAnswerError as error:
        return StructuredReply(raw=raw, parsed=None, parsing_error=error)


def answer_text(message: AIMessage) -> str:
    """The JSON text of an answer, whether it came as content or as a tool call."""
    if message.tool_calls:
        return json.dumps(message.tool_calls[0]["args"])
    if message.invalid_tool_calls:
        return message.invalid_tool_calls[0]["args"] or ""
    return message.text


def _read(message: AIMessage, schema: type[T]) -> T:
    if any(message.response_metadata.get(key) in _TRUNCATED for key in _FINISH_KEYS):
        raise LLMAnswerError(
            "the answer was cut off at the token limit", fix="allow more tokens, or ask for less"
        )
    try:
        return schema.model_validate_json(answer_text(message))
    except ValidationError as error:
        raise LLMAnswerError(f"the answer does not fit `{schema.__name__}`: {_problems(error)}") from error


def _problems(error: ValidationError) -> str:
    """The first few problems, without the input they quote."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(_problem(each["loc"], each["msg"]) for each in found[:_PROBLEMS_SHOWN])


def _problem(place: tuple[int | str, ...], message: str) -> str:
    return f"`{'.'.join(map(str, place))}` {message}" if place else message


def _raw(reply: Any) -> AIMessage:
    message: AIMessage = reply["raw"]
    return message


def _reader(schema: type[T]) -> Callable[[AIMessage], StructuredReply]:
    return lambda message: read_reply(message, schema)


def _with_schema(schema: type[BaseModel], messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """JSON mode knows no schema, so the last message carries it."""
    last = messages[-1]
    wanted = f"Answer with one JSON object of this JSON Schema:\n{json.dumps(answer_schema(schema))}"
    return [*messages[:-1], last.model_copy(update={"content": f"{last.text}\n\n{wanted}"})]


def _close(node: Any) -> None:
    if isinstance(node, dict):
        if "properties" in node:
            node["additionalProperties"] = False
        for child in node.values():
            _close(child)
    elif isinstance(node, list):
        for child in node:
            _close(child)
