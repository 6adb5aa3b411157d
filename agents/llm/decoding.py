"""Greedy decoding of a batch, one forward pass a step, each row under its own grammar."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from transformers import DynamicCache

from agents.llm.grammar import Matcher

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class GenerationRequest:
    """One prompt to continue.

    Args:
        prompt: text, rendered by a chat template where there is one.
        max_new_tokens: most tokens to write.
        schema: JSON schema that the answer must follow; None writes freely.
        stop: strings that end the answer and are cut off.
    """

    prompt: str
    max_new_tokens: int
    schema: dict[str, Any] | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Generation:
    """One answer.

    Args:
        text: without special tokens and without the stop string.
        finish_reason: `length` when cut off by the token limit.
        tokens_in: tokens of the prompt.
        tokens_out: tokens written.
        tokens_cached: those of `tokens_in` that were read for an earlier prompt.
    """

    text: str
    finish_reason: FinishReason
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0


@dataclass
class Row:
    """A prompt and what has been written after it.

    Args:
        ids: tokens of the prompt.
        limit: most tokens to write.
        stop: strings that end the answer.
        matcher: grammar of the answer, if any.
        written: tokens so far.
        text: the answer, set when finished.
        finish_reason: set when finished.
    """

    ids: list[int]
    limit: int
    stop: tuple[str, ...] = ()
    matcher: Matcher | None = None
    written: list[int] = field(default_factory=list)
    text: str = ""
    finish_reason: FinishReason | None = None

    def choose(self, logits: torch.Tensor) -> int:
        """The likeliest allowed token of logits (vocabulary,)."""
        if self.matcher is not None:
            logits = logits.masked_fill(~self.matcher.allowed().to(logits.device), float("-inf"))
        return int(logits.argmax())

    def write(self, token: int, tokenizer: Any, ends: frozenset[int]) -> None:
        """Append a token and notice the end of the answer."""
        if token in ends:
            self._finish("stop", tokenizer)
            return
        self.written.append(token)
        if self.matcher is not None:
            self.matcher.write(token)
        if (self.matcher is not None and self.matcher.complete) or self._stopped(tokenizer):
            self._finish("stop", tokenizer)
        elif len(self.written) >= self.limit:
            self._finish("length", tokenizer)

    def generation(self) -> Generation:
        """The finished answer."""
        return Generation(self.text, self.finish_reason or "length", len(self.ids), len(self.written))

    def _stopped(self, tokenizer: Any) -> bool:
        return bool(self.stop) and any(mark in tokenizer.decode(self.written) for mark in self.stop)

    def _finish(self, reason: FinishReason, tokenizer: Any) -> None:
        self.finish_reason = reason
        text: str = tokenizer.decode(self.written, skip_special_tokens=True)
        cuts = [text.find(mark) for mark in self.stop if mark in text]
        self.text = text[: min(cuts)] if cuts else text


def decode(model: Any, tokenizer: Any, rows: Sequence[Row], ends: frozenset[int]) -> None:
    """Write all rows to their end, in place. A finished row leaves the batch."""
    active = list(rows)
    ids, mask = _left_padded([row.ids for row in active], model.device)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    cache = DynamicCache()
    while True:
        logits = (
            model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            .logits[:, -1]
            .float()
        )
        tokens = [row.choose(row_logits) for row, row_logits in zip(active, logits, strict=True)]
        for row, token in zip(active, tokens, strict=True):
            row.write(token, tokenizer, ends)
        going = [index for index, row in enumerate(active) if row.finish_reason is None]
        if not going:
            return
        if len(going) < len(active):
            keep = torch.tensor(going, device=model.device)
            cache.batch_select_indices(keep)
            mask, positions = mask[keep], positions[keep]
            active, tokens = [active[index] for index in going], [tokens[index] for index in going]
        ids = torch.tensor(tokens, device=model.device)[:, None]
        mask = torch.cat([mask, mask.new_ones(len(active), 1)], dim=1)
        positions = positions[:, -1:] + 1


def _left_padded(prompts: Sequence[list[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, each (batch, longest)."""
    longest = max(map(len, prompts))
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt) :] = torch.tensor(prompt)
        mask[row, longest - len(prompt) :] = 1
    return ids.to(device), mask.to(device)
