"""What a model was asked before, and what it said: chat answers and likelihood scores."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ValidationError

from agents.llm.likelihood import Scorer, TokenScore
from agents.llm.reply_cache import ReplyCache
from agents.llm.structured import Way, answer_schema
from agents.llm.usage import Usage, count_usage

T = TypeVar("T", bound=BaseModel)

FORMAT = 1
"""Part of every key: raise it when the same question is sent or read in another way."""

_repeat: ContextVar[int] = ContextVar("dual_expert_repeat", default=0)


@contextmanager
def repeating(number: int) -> Iterator[None]:
    """Questions inside belong to this repeat, also in threads that are handed the context.

    Repeats do not share answers, so that they are independent of each other; the same repeat of a later run
    finds its own again.
    """
    token = _repeat.set(number)
    try:
        yield
    finally:
        _repeat.reset(token)


@dataclass(frozen=True)
class Memory:
    """Kept answers of one model.

    Args:
        cache: where they are; several models may share it.
        identity: by name, the settings that change what the model answers.
    """

    cache: ReplyCache
    identity: Mapping[str, str | float | None]

    def find(self, messages: Sequence[BaseMessage], schema: type[T], ways: Sequence[Way]) -> T | None:
        """An answer that was given before, to a question asked in one of these ways; in the first it was."""
        keys = [self._chat_key(messages, schema, way) for way in ways]
        found = self.cache.find(keys)
        for key in keys:
            if key in found and (value := _read(found[key], schema)) is not None:
                count_usage(Usage(cache_hits=1))
                return value
        return None

    def keep(self, messages: Sequence[BaseMessage], value: BaseModel, way: Way) -> None:
        """Keep a checked answer."""
        self.cache.keep({self._chat_key(messages, type(value), way): value.model_dump_json()})

    def score_keys(self, text: str, continuations: Sequence[str]) -> list[str]:
        """One key for each continuation: its score does not depend on the others."""
        return [self._key({"text": text, "continuation": each}) for each in continuations]

    def _chat_key(self, messages: Sequence[BaseMessage], schema: type[BaseModel], way: Way) -> str:
        return self._key(
            {
                "messages": [[message.type, message.content] for message in messages],
                "schema": answer_schema(schema),
                "way": [way.method, way.strict],
            }
        )

    def _key(self, question: Mapping[str, Any]) -> str:
        whole = {"format": FORMAT, "repeat": _repeat.get(), **self.identity, "question": question}
        text = json.dumps(whole, sort_keys=True, ensure_ascii=False)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class RememberingScorer:
    """A scorer that asks only what is not kept; one hit where a whole question was."""

    scorer: Scorer
    memory: Memory

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        """See `agents.llm.likelihood.Scorer`."""
        keys = self.memory.score_keys(head + prefix, continuations)
        found = {key: TokenScore(*json.loads(text)) for key, text in self.memory.cache.find(keys).items()}
        missing = {key: each for key, each in zip(keys, continuations, strict=True) if key not in found}
        if missing:
            scores = self.scorer.score(prefix, list(missing.values()), head=head)
            fresh = dict(zip(missing, scores, strict=True))
            self.memory.cache.keep({key: json.dumps([s.logprob, s.tokens]) for key, s in fresh.items()})
            found |= fresh
        elif keys:
            count_usage(Usage(cache_hits=1))
        return [found[key] for key in keys]


def _read(text: str, schema: type[T]) -> T | None:
    try:
        return schema.model_validate_json(text)
    except ValidationError:
        return None  # a check that the JSON schema does not show was tightened since
