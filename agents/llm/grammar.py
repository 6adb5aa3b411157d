"""Decoding that can only write JSON of a given schema."""

import json
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

from catalog.errors import LLMAnswerError

KEPT = 64
"""Compiled schemas that stay in memory."""

# the spelling of json.dumps, and no free whitespace: small models else write newlines until they run out
_SPELLING: Any = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}


class GrammarCompiler:
    """Grammars over one tokenizer.

    Args:
        tokenizer: a fast Hugging Face tokenizer.
        vocabulary: columns of the model's logits.
    """

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._compiled = lru_cache(maxsize=KEPT)(self._compile)

    def matcher(self, schema: dict[str, Any]) -> "Matcher":
        """A fresh matcher of a JSON schema.

        Raises:
            LLMAnswerError: the schema uses what a grammar cannot express.
        """
        return Matcher(self._compiled(json.dumps(schema)).deep_copy(), self._vocabulary)

    def _compile(self, schema: str) -> LLMatcher:
        grammar = LLMatcher.grammar_from_json_schema(schema, overrides=_SPELLING)
        matcher = LLMatcher(self._grammar_tokenizer, grammar, log_level=0)
        if matcher.is_error():
            title = json.loads(schema).get("title", "unnamed")
            raise LLMAnswerError(
                f"the schema `{title}` has no grammar: {matcher.get_error().splitlines()[0]}",
                fix="use types, enums, bounds and lengths only",
            )
        return matcher

    @cached_property
    def _grammar_tokenizer(self) -> LLTokenizer:
        """Seconds to build for a large vocabulary, and not needed to score."""
        return from_tokenizer(self._tokenizer, n_vocab=self._vocabulary)


class Matcher:
    """Follows one answer as it is written."""

    def __init__(self, matcher: LLMatcher, vocabulary: int) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary
        self._bits = allocate_token_bitmask(1, vocabulary)

    def allowed(self) -> torch.Tensor:
        """The tokens that may come next, bool (vocabulary,)."""
        fill_next_token_bitmask(self._matcher, self._bits)
        bits = np.unpackbits(self._bits.view(np.uint8)[0], bitorder="little")
        return torch.from_numpy(bits[: self._vocabulary].astype(bool))

    def write(self, token: int) -> None:
        """Move on by a token that was allowed.

        Raises:
            LLMAnswerError: the grammar gave up (too complex a schema).
        """
        if not self._matcher.consume_token(token):
            raise LLMAnswerError(
                f"the grammar stopped: {self._matcher.get_error()}", fix="use a simpler schema"
            )

    @property
    def complete(self) -> bool:
        """The JSON value is closed and nothing can follow."""
        return bool(self._matcher.is_stopped())
