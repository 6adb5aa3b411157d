"""Text to tokens: prompts, and where a continuation begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

_ROLES = {SystemMessage: "system", HumanMessage: "user", AIMessage: "assistant"}


@dataclass(frozen=True)
class SplitTokens:
    """Tokens of a text and its continuation.

    Args:
        ids: all tokens, the text's first.
        start: index of the first token that carries a character of the continuation.
    """

    ids: list[int]
    start: int

    @property
    def count(self) -> int:
        """Tokens that belong to the continuation."""
        return len(self.ids) - self.start


def encode(tokenizer: Any, text: str) -> list[int]:
    """Tokens of a prompt, with the tokenizer's first token once, also where a chat template has written
    it."""
    written = bool(tokenizer.bos_token) and text.startswith(tokenizer.bos_token)
    ids: list[int] = tokenizer(text, add_special_tokens=not written)["input_ids"]
    return ids


def split(tokenizer: Any, text: str, continuation: str) -> SplitTokens:
    """Tokenize both together, as the model would meet them, and find the boundary by characters.

    A token over the boundary counts as the continuation's.
    """
    encoded = tokenizer(text + continuation, return_offsets_mapping=True)
    ids: list[int] = encoded["input_ids"]
    offsets: list[tuple[int, int]] = encoded["offset_mapping"]
    start = next((index for index, (_, end) in enumerate(offsets) if end > len(text)), len(ids))
    return SplitTokens(ids, start)


def render(tokenizer: Any, messages: Sequence[BaseMessage]) -> str:
    """The prompt of a conversation: by the tokenizer's chat template, or plain paragraphs for a base
    model."""
    if tokenizer.chat_template is None:
        return "\n\n".join(message.text for message in messages) + "\n\n"
    turns = [{"role": _role(message), "content": message.text} for message in messages]
    prompt: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return prompt


def _role(message: BaseMessage) -> str:
    return next((role for kind, role in _ROLES.items() if isinstance(message, kind)), "user")
