"""LangChain's and LangGraph's callbacks as spans: one a run, a node and a request to the model."""

import json
import threading
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from agents.case import Deliberation
from agents.llm.usage import Usage, message_usage

# OpenTelemetry's semantic conventions for generative AI.
OPERATION = "gen_ai.operation.name"
MODEL = "gen_ai.request.model"
PROMPT = "gen_ai.prompt.name"
TOKENS_IN, TOKENS_OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
TOKENS_CACHED = "gen_ai.usage.cache_read.input_tokens"
MESSAGES_IN, MESSAGES_OUT = "gen_ai.input.messages", "gen_ai.output.messages"
NODE = "dual_expert.node"
ERROR = "dual_expert.error"
_MOST_CHARS = 20_000

Attributes = Mapping[str, str | int | float | bool]


class Span(Protocol):
    """A span that is open."""

    def end(self, attributes: Attributes, error: str) -> None:
        """Close it; `error` is empty where all went well."""


class Sink(Protocol):
    """Where spans go."""

    def start(self, name: str, parent: Span | None, attributes: Attributes) -> Span: ...


class SpanRecorder(BaseCallbackHandler):
    """Follows runs into a sink; threads may share it.

    Args:
        content: whether prompts, answers and products go along; off, only names, figures and errors do.
    """

    def __init__(self, sink: Sink, *, content: bool = False) -> None:
        self._sink = sink
        self._content = content
        self._lock = threading.Lock()
        self._open: dict[UUID, tuple[Span | None, bool]] = {}

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A graph, a node, or something inside of a node, which takes its node's span."""
        name, node = kwargs.get("name") or "", (metadata or {}).get("langgraph_node", "")
        if parent_run_id is None or name == node:
            attributes = {NODE: node} if node else {OPERATION: "invoke_workflow"}
            self._start(run_id, parent_run_id, name or "run", attributes | self._said("inputs", inputs))
        else:
            with self._lock:
                self._open[run_id] = (self._parent(parent_run_id), False)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, {**_deliberated(outputs), **self._said("outputs", outputs)})

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, {}, type(error).__name__)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """One request to a chat model."""
        model = str((metadata or {}).get("ls_model_name", ""))
        attributes = {OPERATION: "chat", **({MODEL: model} if model else {})}
        if self._content:
            parts = [{"role": m.type, "content": m.text} for m in messages[0]]
            attributes[MESSAGES_IN] = json.dumps(parts, ensure_ascii=False)[:_MOST_CHARS]
        self._start(run_id, parent_run_id, f"chat {model}".strip(), attributes)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        used = _usage(response)
        attributes: dict[str, str | int | float | bool] = {
            TOKENS_IN: used.tokens_in,
            TOKENS_OUT: used.tokens_out,
            TOKENS_CACHED: used.tokens_cached,
        }
        if self._content:
            attributes[MESSAGES_OUT] = response.generations[0][0].text[:_MOST_CHARS]
        self._end(run_id, attributes)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, {}, type(error).__name__)

    def _start(self, run_id: UUID, parent_run_id: UUID | None, name: str, attributes: Attributes) -> None:
        with self._lock:
            self._open[run_id] = (self._sink.start(name, self._parent(parent_run_id), attributes), True)

    def _parent(self, run_id: UUID | None) -> Span | None:
        return self._open.get(run_id, (None, False))[0] if run_id else None

    def _end(self, run_id: UUID, attributes: Attributes, error: str = "") -> None:
        with self._lock:
            span, own = self._open.pop(run_id, (None, False))
        if span is not None and own:
            span.end(attributes, error)

    def _said(self, name: str, value: Any) -> dict[str, str]:
        return {f"dual_expert.{name}": str(value)[:_MOST_CHARS]} if self._content else {}


def _deliberated(outputs: Any) -> dict[str, str | int | float | bool]:
    """What ranked, with which prompt and how many tokens; likelihoods are no chat request."""
    found = outputs.get("deliberations", {}) if isinstance(outputs, dict) else {}
    if not isinstance(found, dict):  # `recommend` empties it with an order of LangGraph's
        return {}
    deliberations = [each for each in found.values() if isinstance(each, Deliberation)]
    if len(deliberations) != 1:
        return {}
    (one,) = deliberations
    attributes: dict[str, str | int | float | bool] = {
        MODEL: one.model,
        PROMPT: one.prompt,
        TOKENS_IN: one.tokens_in,
        TOKENS_OUT: one.tokens_out,
    }
    return attributes | ({ERROR: one.error} if one.error else {})


def _usage(response: LLMResult) -> Usage:
    generation = response.generations[0][0]
    message = generation.message if isinstance(generation, ChatGeneration) else None
    return message_usage(message) if isinstance(message, AIMessage) else Usage(calls=1)
