"""From one string to a language model."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import openai
from langchain.chat_models import init_chat_model
from langchain.chat_models.base import _BUILTIN_PROVIDERS  # there is no public list
from langchain_core.language_models import BaseChatModel

from agents.llm.adaptive import AdaptiveLimiter
from agents.llm.bounded import CHAT_BYTES, Bounds
from agents.llm.breaker import CircuitBreaker
from agents.llm.identity import CHANGES_ANSWERS
from agents.llm.likelihood import Scorer
from agents.llm.limiter import Limiter
from agents.llm.memory import Memory, RememberingScorer
from agents.llm.model import LLM, Strategy
from agents.llm.openai_scorer import OpenAIScorer
from agents.llm.reply_cache import ReplyCache
from agents.llm.retry import RetryPolicy
from agents.llm.traffic import Traffic
from catalog.errors import SettingsError
from catalog.settings import load_settings

__all__ = ["LLM", "Strategy", "build_llm"]

_VLLM = "vllm:"
_TOTAL_TIMEOUTS = 3
"""A request with its retries may take this many times `timeout_s`."""
_SLOW = 0.5
"""An answer that took this share of `timeout_s` shows a server with too much to do."""


def build_llm(
    spec: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    temperature: float = 0.0,
    timeout_s: float = 60.0,
    max_retries: int = 4,
    threads: int | None = None,
    accept_gemma_terms: bool = False,
    max_concurrency: int = 16,
    cache_dir: Path | None = None,
    llm_cache: Path | None = None,
) -> LLM:
    """Build a model from its spec.

    Args:
        spec: `embedded`, `embedded:gemma-3-270m`, `vllm:MODEL` (in this process), or what LangChain's
            `init_chat_model` takes, such as `openai:gpt-5.5` or `anthropic:claude-opus-4-7`.
        base_url: an OpenAI-compatible server; a spec without provider then is the model's name there.
        api_key: for providers; else each reads its own environment variable.
        temperature: of sampling; models in this process decode greedily and take only 0.
        timeout_s: for one request.
        max_retries: further tries after the first.
        threads: CPU threads of an embedded model; None leaves torch's choice.
        accept_gemma_terms: whether the user accepts the Gemma Terms of Use.
        max_concurrency: most requests under way at once; behind HTTP fewer, while the server is overloaded.
        cache_dir: where converted weights stay; None takes that of the settings.
        llm_cache: SQLite file of answers that are not asked for twice; None keeps none.

    Raises:
        SettingsError: a spec or option that makes no sense, or a damaged `llm_cache`.
        LLMUnavailable: a model of this process is not installed or cannot be loaded.
    """
    retry = RetryPolicy(max_tries=max_retries + 1, max_total_s=_TOTAL_TIMEOUTS * timeout_s)
    identity = _identity(spec=spec, base_url=base_url, temperature=temperature)
    if spec.partition(":")[0] == "embedded" or spec.startswith(_VLLM):
        _check_local(spec, base_url, temperature)
        traffic = Traffic(Limiter(max_concurrency), retry, CircuitBreaker(spec))
        weights = cache_dir or load_settings().cache_dir
        local = (
            _vllm(spec) if spec.startswith(_VLLM) else _embedded(spec, threads, accept_gemma_terms, weights)
        )
        return _remembering(_local(spec, local, traffic), identity, llm_cache)
    traffic = Traffic(AdaptiveLimiter(max_concurrency), retry, CircuitBreaker(spec), slow_s=_SLOW * timeout_s)
    name, provider = _provider(spec, base_url)
    scorer = None
    if base_url is not None and provider == "openai":
        # servers of one's own take any key, but the clients insist on one
        api_key = api_key or os.environ.get("OPENAI_API_KEY") or "none"
        # whether the server can echo log-probabilities shows when it is asked
        scorer = OpenAIScorer(name, base_url=base_url, api_key=api_key, timeout_s=timeout_s, traffic=traffic)
    given: dict[str, Any] = {
        "base_url": base_url,
        "api_key": api_key,
        "temperature": temperature,
        "timeout": timeout_s,
    }
    if provider == "openai":
        bounds = Bounds(CHAT_BYTES, timeout_s)
        given["http_client"] = bounds.client(max_concurrency)
        given["http_async_client"] = bounds.async_client(max_concurrency)
    llm = LLM(spec, _provider_chat(name, provider, given), scorer, "rank", traffic)
    return _remembering(llm, identity, llm_cache)


def _identity(**given: str | float | None) -> dict[str, str | float | None]:
    """The part of the options that belongs to the key of a kept answer."""
    assert given.keys() == CHANGES_ANSWERS
    return given


def _remembering(llm: LLM, identity: Mapping[str, str | float | None], path: Path | None) -> LLM:
    """The model with a memory, where one is wanted."""
    if path is None:
        return llm
    memory = Memory(_reply_cache(path.expanduser().absolute()), {**identity, "chat": _chat_identity(llm)})
    scorer: Scorer | None = RememberingScorer(llm.scorer, memory) if llm.scorer else None
    return replace(llm, scorer=scorer, memory=memory)


def _chat_identity(llm: LLM) -> str:
    """What the chat model's class adds: its bound on an answer, sampling defaults, a model's weights."""
    return json.dumps(llm.chat._identifying_params, sort_keys=True, default=str)


@lru_cache(maxsize=8)
def _reply_cache(path: Path) -> ReplyCache:
    """One connection per process and file."""
    return ReplyCache(path)


def _check_local(spec: str, base_url: str | None, temperature: float) -> None:
    if base_url is not None:
        raise SettingsError(
            f"{spec!r} runs in this process and takes no base URL, got {base_url!r}", fix="drop one"
        )
    if temperature != 0:
        raise SettingsError(f"{spec!r} decodes greedily, got temperature {temperature!r}", fix="set it to 0")


@lru_cache(maxsize=2)
def _embedded(spec: str, threads: int | None, accept_gemma_terms: bool, cache_dir: Path) -> Any:
    """One copy of a model per process, however many times it is asked for."""
    from agents.llm.embedded import EmbeddedModel  # torch and transformers take seconds to import
    from agents.llm.weights import model_folder, weight_source

    folder = model_folder(weight_source(spec, accept_gemma_terms=accept_gemma_terms), cache_dir)
    return EmbeddedModel.load(folder, name=spec, threads=threads)


def _vllm(spec: str) -> Any:
    from agents.llm.vllm_engine import VLLMModel

    return VLLMModel(spec.removeprefix(_VLLM))


def _local(spec: str, model: Any, traffic: Traffic) -> LLM:
    from agents.llm.chat import EmbeddedChat

    strategy: Strategy = "rank" if spec.startswith(_VLLM) else "likelihood"
    chat = EmbeddedChat(model=model, max_batch=traffic.limiter.limit)
    return LLM(spec, chat, model, strategy, traffic)


def _provider(spec: str, base_url: str | None) -> tuple[str, str | None]:
    """The model's name and its provider; None lets LangChain infer it.

    A server may call its models anything (`mistralai/…`, `qwen:7b`), so behind a base URL only a known prefix
    counts.
    """
    prefix, colon, name = spec.partition(":")
    if colon and prefix in _BUILTIN_PROVIDERS:
        return name, prefix
    return spec, "openai" if base_url else None


def _provider_chat(name: str, provider: str | None, given: dict[str, Any]) -> BaseChatModel:
    options = {key: value for key, value in given.items() if value is not None}
    try:
        # our own retries are the only ones: they know Retry-After and the whole budget
        chat: BaseChatModel = init_chat_model(name, model_provider=provider, max_retries=0, **options)
    except ImportError as error:
        raise SettingsError(
            f"the provider of {name!r} is not installed: {error}", fix="install its package"
        ) from error
    except (ValueError, openai.OpenAIError) as error:
        raise SettingsError(
            f"the model {name!r} cannot be built: {str(error).splitlines()[0]}",
            fix="write it as `provider:model`, and set the provider's API key",
        ) from error
    return chat
