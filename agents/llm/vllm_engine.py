"""A model inside this process run by vLLM, with the same methods as `EmbeddedModel`.

vLLM needs an environment of its own (its pins bind everyone); over HTTP any other model spec with a base URL
works.
"""

import importlib
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from agents.llm.decoding import FinishReason, Generation, GenerationRequest
from agents.llm.likelihood import TokenScore
from agents.llm.tokens import SplitTokens, encode, render, split
from agents.llm.usage import Usage, count_usage
from catalog.errors import LLMAnswerError, LLMUnavailable


class VLLMModel:
    """vLLM's offline engine.

    Args:
        model: Hugging Face name or folder.
        options: further arguments of `vllm.LLM`.

    Raises:
        LLMUnavailable: vLLM is not installed, or cannot load the model.
    """

    def __init__(self, model: str, **options: Any) -> None:
        self.name = f"vllm:{model}"
        self.revision = model
        self._vllm = _import_vllm()
        try:
            self._engine = self._vllm.LLM(model=model, **options)
        except Exception as error:
            # vLLM raises all kinds: no such model, no memory, no device
            raise LLMUnavailable(f"vLLM cannot load {model!r}: {error}") from error
        self._tokenizer = self._engine.get_tokenizer()

    def render(self, messages: Sequence[BaseMessage]) -> str:
        """The prompt text of a conversation, ready for the model's next words."""
        return render(self._tokenizer, messages)

    def generate_batch(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        """Greedy answers, in the order of the requests."""
        prompts = [{"prompt_token_ids": encode(self._tokenizer, request.prompt)} for request in requests]
        outputs = self._engine.generate(
            prompts, [self._sampling(request) for request in requests], use_tqdm=False
        )
        return [_generation(output) for output in outputs]

    def score(self, prefix: str, continuations: Sequence[str], head: str = "") -> list[TokenScore]:
        """Log P(continuation given head + prefix); see `agents.llm.likelihood.Scorer`.

        Raises:
            LLMAnswerError: nothing stands before the continuations.
        """
        if not continuations:
            return []
        splits = [split(self._tokenizer, head + prefix, continuation) for continuation in continuations]
        if min(part.start for part in splits) == 0:
            raise LLMAnswerError("nothing stands before the continuations", fix="pass a `prefix` or a `head`")
        sampling = self._vllm.SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
        outputs = self._engine.generate(
            [{"prompt_token_ids": part.ids} for part in splits], sampling, use_tqdm=False
        )
        count_usage(sum((_prompt_usage(output) for output in outputs), start=Usage(calls=1)))
        return [
            _token_score(part, output.prompt_logprobs) for part, output in zip(splits, outputs, strict=True)
        ]

    def _sampling(self, request: GenerationRequest) -> Any:
        constraint = None
        if request.schema is not None:
            constraint = self._vllm.sampling_params.StructuredOutputsParams(
                json=request.schema, disable_any_whitespace=True
            )
        return self._vllm.SamplingParams(
            temperature=0.0,
            max_tokens=request.max_new_tokens,
            stop=list(request.stop) or None,
            structured_outputs=constraint,
        )


def _import_vllm() -> Any:
    try:
        importlib.import_module("vllm.sampling_params")
        return importlib.import_module("vllm")
    except ImportError as error:
        raise LLMUnavailable(
            "vLLM is not installed in this environment",
            fix="serve the model from vLLM's own environment and pass its base URL, or install vllm here",
        ) from error


def _generation(output: Any) -> Generation:
    written = output.outputs[0]
    reason: FinishReason = "length" if written.finish_reason == "length" else "stop"
    used = _prompt_usage(output)
    return Generation(written.text, reason, used.tokens_in, len(written.token_ids), used.tokens_cached)


def _prompt_usage(output: Any) -> Usage:
    """Tokens of one prompt; those that vLLM's prefix cache held are None where it does not tell."""
    return Usage(tokens_in=len(output.prompt_token_ids), tokens_cached=output.num_cached_tokens or 0)


def _token_score(part: SplitTokens, prompt_logprobs: Sequence[Any]) -> TokenScore:
    total = sum(prompt_logprobs[index][part.ids[index]].logprob for index in range(part.start, len(part.ids)))
    return TokenScore(float(total), part.count)
