"""A language model that costs nothing: it reads what it is asked and answers anything of the right form.

With it the real agents render their real prompts, so that a batch can be priced before it starts.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict, PrivateAttr

from agents.llm.counting import TokenCounter
from agents.llm.likelihood import TokenScore
from agents.llm.model import LLM, Strategy
from agents.llm.structured import StructuredReply
from agents.llm.usage import Usage, count_usage

# Of the longest answer that the schema allows; what models write where nobody has measured it yet.
USUAL_LENGTH = 0.3
_WORDS = "the product is made for people who use it at home and its title says so "


class RehearsalChat(BaseChatModel):
    """Chat whose answers fit any schema.

    Attributes:
        asked: requests by the title of their schema.
        written: tokens of all answers: the shortest, the usual and the longest that their schemas allow.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    counter: Any
    _asked: Counter[str] = PrivateAttr(default_factory=Counter)
    _written: list[int] = PrivateAttr(default_factory=lambda: [0, 0, 0])
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def asked(self) -> Mapping[str, int]:
        return self._asked

    @property
    def written(self) -> tuple[int, int, int]:
        shortest, usual, longest = self._written
        return shortest, usual, longest

    @property
    def _llm_type(self) -> str:
        return "dual-expert-rehearsal"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        schema = kwargs["json_schema"]
        texts = [json.dumps(example(schema, share)) for share in (0.0, USUAL_LENGTH, 1.0)]
        tokens = [self.counter.text(text) for text in texts]
        with self._lock:
            self._asked[schema.get("title", "")] += 1
            self._written = [before + now for before, now in zip(self._written, tokens, strict=True)]
        read = self.counter.messages(messages)
        usage = {"input_tokens": read, "output_tokens": tokens[1], "total_tokens": read + tokens[1]}
        message = AIMessage(
            content=texts[1], usage_metadata=usage, response_metadata={"finish_reason": "stop"}
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """A runnable that answers in the form of a JSON schema; the caller reads the raw message."""
        return self.bind(json_schema=schema) | RunnableLambda(_unread)


class RehearsalScorer:
    """Scores by length; see `agents.llm.likelihood.Scorer`.

    Args:
        once: whether the text before several continuations is read once, as the embedded model does it; a
            server reads and bills it with each.
    """

    def __init__(self, counter: TokenCounter, *, once: bool = False) -> None:
        self._counter = counter
        self._once = once
        self._lock = threading.Lock()
        self.asked = 0

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        lengths = [self._counter.text(continuation) for continuation in continuations]
        texts = self._counter.text(head + prefix) * (1 if self._once else len(lengths))
        count_usage(Usage(calls=1, tokens_in=texts + sum(lengths)))
        with self._lock:
            self.asked += 1
        return [TokenScore(-float(length), length) for length in lengths]


def rehearsal_llm(name: str, strategy: Strategy, counter: TokenCounter) -> tuple[LLM, RehearsalChat]:
    """A stand-in for the model `name`, and its chat, which tells what was asked."""
    chat = RehearsalChat(counter=counter)
    scorer = RehearsalScorer(counter, once=name.startswith("embedded"))
    return LLM(name, chat, scorer, strategy), chat


def example(schema: Mapping[str, Any], share: float) -> Any:
    """A value of a JSON schema whose texts and lists are `share` of their greatest length."""
    return _value(schema, share, schema.get("$defs", {}))


def _value(schema: Mapping[str, Any], share: float, known: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(known[schema["$ref"].rsplit("/", 1)[-1]], share, known)
    if options := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return _value(options[0], share, known)
    if choices := schema.get("enum") or [schema[key] for key in ("const",) if key in schema]:
        return choices[0]
    if schema.get("type") == "object":
        return {name: _value(part, share, known) for name, part in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return _list(schema, share, known)
    return _plain(schema, share)


def _plain(schema: Mapping[str, Any], share: float) -> Any:
    match schema.get("type"):
        case "string":
            length = _between(schema.get("minLength", 0), schema.get("maxLength", 0), share)
            return (_WORDS * (length // len(_WORDS) + 1))[:length]
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
    return None


def _list(schema: Mapping[str, Any], share: float, known: Mapping[str, Any]) -> list[Any]:
    """Numbers of a list differ, as most lists want it."""
    items = schema.get("items", {})
    value = _value(items, share, known)
    length = _between(schema.get("minItems", 0), schema.get("maxItems", 0), share)
    if isinstance(value, int) and not isinstance(value, bool):
        return list(islice(_integers(items), length))
    return [value] * length


def _integers(schema: Mapping[str, Any]) -> Iterator[int]:
    """All that the schema allows, one after the other."""
    for option in schema.get("anyOf", [schema]):
        if "const" in option:
            yield option["const"]
        else:
            least = option.get("minimum", 0)
            yield from range(least, option["maximum"] + 1) if "maximum" in option else count(least)


def _between(least: int, most: int, share: float) -> int:
    return max(least, round(least + share * max(0, most - least)))


def _unread(raw: AIMessage) -> StructuredReply:
    return StructuredReply(raw=raw, parsed=None, parsing_error=None)
