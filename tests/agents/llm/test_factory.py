import sys

import pytest
from langchain_openai import ChatOpenAI

from agents.llm import factory
from agents.llm.chat import EmbeddedChat
from agents.llm.embedded import EmbeddedModel
from agents.llm.factory import LLM, build_llm
from agents.llm.openai_scorer import OpenAIScorer
from catalog.errors import LLMUnavailable, SettingsError

URL = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def chat_openai(llm: LLM) -> ChatOpenAI:
    assert isinstance(llm.chat, ChatOpenAI)
    return llm.chat


def test_embedded_ranks_by_likelihood_and_is_loaded_once(
    smollm2: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []

    def load(folder: object, *, name: str, threads: int | None) -> EmbeddedModel:
        loads.append(name)
        return smollm2

    monkeypatch.setattr(EmbeddedModel, "load", load)
    factory._embedded.cache_clear()
    first, second = build_llm("embedded", threads=1), build_llm("embedded", threads=1, max_concurrency=4)
    factory._embedded.cache_clear()
    assert isinstance(first.chat, EmbeddedChat)
    assert (first.name, first.strategy) == ("embedded", "likelihood")
    assert first.scorer is second.scorer is smollm2
    assert second.limiter.limit == 4
    assert loads == ["embedded"]


@pytest.mark.parametrize("spec", ["mistralai/Mistral-7B", "qwen:7b", "claude-like", "openai:qwen:7b"])
def test_any_name_behind_a_base_url_is_openai_compatible(spec: str) -> None:
    llm = build_llm(spec, base_url=URL)
    chat = chat_openai(llm)
    assert chat.model_name == spec.removeprefix("openai:")
    assert chat.openai_api_base == URL
    assert (llm.name, llm.strategy) == (spec, "rank")
    assert isinstance(llm.scorer, OpenAIScorer)


def test_options_reach_the_provider_and_its_retries_are_off() -> None:
    llm = build_llm(
        "openai:gpt-x", api_key="k", temperature=0.5, timeout_s=7, max_retries=2, max_concurrency=3
    )
    chat = chat_openai(llm)
    assert (chat.temperature, chat.request_timeout, chat.max_retries) == (0.5, 7, 0)
    assert chat.root_client.max_retries == 0
    assert (llm.traffic.retry.max_tries, llm.traffic.retry.max_total_s, llm.limiter.limit) == (3, 21, 3)
    assert (llm.traffic.breaker.name, llm.traffic.slow_s) == ("openai:gpt-x", 3.5)
    assert llm.scorer is None, "OpenAI itself echoes no log-probabilities of chat models"


def test_own_server_needs_no_key_and_gets_the_given_one() -> None:
    assert chat_openai(build_llm("m", base_url=URL)).root_client.api_key == "none"
    assert chat_openai(build_llm("m", base_url=URL, api_key="given")).root_client.api_key == "given"


def test_gemma_terms_are_asked_for() -> None:
    with pytest.raises(SettingsError, match="Gemma Terms"):
        build_llm("embedded:gemma-3-270m")


def test_vllm_in_process_says_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(LLMUnavailable, match=r"vLLM is not installed.*base URL"):
        build_llm("vllm:any/model")


@pytest.mark.parametrize(
    ("spec", "options", "told"),
    [
        ("embedded:nope", {}, "unknown embedded model"),
        ("embedded", {"base_url": URL}, "takes no base URL"),
        ("embedded", {"temperature": 0.7}, "greedily"),
        ("nonsense", {}, "provider:model"),
        ("openai:gpt-x", {}, "API key"),
        ("cohere:command-x", {"api_key": "k"}, "langchain-cohere"),
    ],
)
def test_bad_settings_say_the_fix(spec: str, options: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        build_llm(spec, **options)  # type: ignore[arg-type]  # one table for several options


def test_structured_helper_gives_a_reply(smollm2: EmbeddedModel) -> None:
    from pydantic import BaseModel, Field

    class Pick(BaseModel):
        pick: int = Field(ge=1, le=9)

    llm = LLM("embedded", EmbeddedChat(model=smollm2, max_tokens=20), smollm2, "likelihood")
    reply = llm.structured(Pick).invoke("1 or 2?")
    assert isinstance(reply["parsed"], Pick)
    assert reply["parsing_error"] is None
