"""A small language model inside this process."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from langchain_core.messages import BaseMessage
from transformers import AutoModelForCausalLM, AutoTokenizer

from agents.llm import attention
from agents.llm.decoding import Generation, GenerationRequest, Row, decode
from agents.llm.grammar import GrammarCompiler
from agents.llm.likelihood import TokenScore
from agents.llm.prefix import PrefixStore, ReadPrefix
from agents.llm.scoring import read, read_tokens, reused_tokens, score_splits
from agents.llm.tokens import SplitTokens, encode, render, split
from agents.llm.usage import Usage, count_usage
from catalog.errors import LLMAnswerError, LLMUnavailable
from retrieval.encoder.quiet import quiet_transformers

Precision = Literal["auto", "float32", "bfloat16"]

HEADS_KEPT = 8
"""Heads whose keys and values stay in memory; 600 tokens of SmolLM2 take 13 MB in bf16."""

BATCH_TOKENS = 16_384
"""Most prompt tokens, padding included, that are decoded together."""


class EmbeddedModel:
    """Tokenizer and model in torch. Safe to use from several threads; they take turns.

    Args:
        name: how errors and verdicts call it.
        tokenizer: a fast Hugging Face tokenizer.
        model: a causal language model in evaluation mode.
        revision: names the weights; part of the key of kept answers.
    """

    def __init__(self, name: str, tokenizer: Any, model: Any, revision: str = "") -> None:
        self.name = name
        self.revision = revision
        self._tokenizer = tokenizer
        self._model = model
        self._lock = threading.Lock()
        self._heads = PrefixStore(HEADS_KEPT)
        self._grammars = GrammarCompiler(tokenizer, model.config.vocab_size)
        self._ends = frozenset({int(tokenizer.eos_token_id)})
        self._context = int(model.config.max_position_embeddings)

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        name: str = "embedded",
        precision: Precision = "auto",
        threads: int | None = None,
    ) -> "EmbeddedModel":
        """Load a Hugging Face folder, on the GPU where there is one.

        Args:
            folder: config, weights and tokenizer.
            name: how errors and verdicts call it.
            precision: `auto` computes in bf16 where the hardware does, else in fp32.
            threads: CPU threads of the whole process; None leaves torch's own choice.

        Raises:
            LLMUnavailable: the folder is damaged.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            with quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model: Any = AutoModelForCausalLM.from_pretrained(
                    folder,
                    local_files_only=True,
                    dtype=_dtype(precision, device),
                    attn_implementation=attention.NAME,
                )
        except Exception as error:
            # safetensors, tokenizers and transformers each raise their own kinds for a damaged file
            raise LLMUnavailable(
                f"the model folder {folder.name!r} cannot be loaded: {error}",
                fix="delete it; it is built again",
            ) from error
        return cls(name, tokenizer, model.to(device).eval(), revision=folder.name)

    def render(self, messages: Sequence[BaseMessage]) -> str:
        """The prompt text of a conversation, ready for the model's next words."""
        return render(self._tokenizer, messages)

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        """Log P(continuation given head + prefix); see `agents.llm.likelihood.Scorer`.

        Raises:
            LLMAnswerError: nothing stands before the continuations.
            LLMUnavailable: longer than the model's context.
        """
        if not continuations:
            return []
        splits = [split(self._tokenizer, head + prefix, continuation) for continuation in continuations]
        if min(part.start for part in splits) == 0:
            raise LLMAnswerError("nothing stands before the continuations", fix="pass a `prefix` or a `head`")
        self._check_length(max(len(part.ids) for part in splits))
        return self._score(splits, head)

    def generate(
        self,
        prompts: Sequence[str],
        max_new_tokens: int,
        grammar: dict[str, Any] | None = None,
        stop: Sequence[str] = (),
    ) -> list[Generation]:
        """Continue prompts greedily, all under the same grammar, a JSON schema; see `GenerationRequest`."""
        return self.generate_batch(
            [GenerationRequest(prompt, max_new_tokens, grammar, tuple(stop)) for prompt in prompts]
        )

    @torch.inference_mode()
    def generate_batch(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Answer requests, decoded together in batches of similar length; answers in the order of the
        requests.

        Raises:
            LLMUnavailable: a prompt is longer than the model's context.
            LLMAnswerError: a schema has no grammar.
        """
        rows = [self._start(request) for request in requests]
        for batch in _batches(rows):
            with self._lock:
                decode(self._model, self._tokenizer, batch, self._ends)
        return [row.generation() for row in rows]

    @torch.inference_mode()
    def _score(self, splits: list[SplitTokens], head: str) -> list[TokenScore]:
        with self._lock:
            held = head in self._heads
            known = self._heads.get(head, lambda: self._read_head(head)) if head else None
            scores = score_splits(self._model, splits, known)
        reused = reused_tokens(splits, known) if known and held else 0
        count_usage(Usage(calls=1, tokens_in=read_tokens(splits), tokens_cached=reused))
        return scores

    def _read_head(self, head: str) -> ReadPrefix:
        return read(self._model, split(self._tokenizer, head, "").ids)

    def _start(self, request: GenerationRequest) -> Row:
        ids = encode(self._tokenizer, request.prompt)
        self._check_length(len(ids) + 1)
        limit = min(request.max_new_tokens, self._context - len(ids))
        matcher = self._grammars.matcher(request.schema) if request.schema is not None else None
        return Row(ids, limit, request.stop, matcher)

    def _check_length(self, tokens: int) -> None:
        if tokens > self._context:
            raise LLMUnavailable(
                f"{tokens} tokens are more than the {self._context} that `{self.name}` can read",
                fix="shorten the prompt, or offer fewer candidates",
            )


def _dtype(precision: Precision, device: str) -> torch.dtype:
    """The dtype to compute in."""
    if precision != "auto":
        return torch.float32 if precision == "float32" else torch.bfloat16
    able = torch.cpu.get_capabilities()
    native = device == "cuda" or able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16")
    return torch.bfloat16 if native else torch.float32


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows of similar length together, each batch within `BATCH_TOKENS`."""
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if batch and (len(batch) + 1) * len(row.ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
