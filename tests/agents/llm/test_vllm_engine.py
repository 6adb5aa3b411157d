"""`VLLMModel` against a stand-in for vLLM's offline engine."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from agents.llm.decoding import Generation, GenerationRequest
from agents.llm.embedded import EmbeddedModel
from agents.llm.likelihood import TokenScore
from agents.llm.usage import Usage, counting_usage
from agents.llm.vllm_engine import VLLMModel
from catalog.errors import LLMAnswerError, LLMUnavailable


class Engine:
    """Answers every prompt with its number of tokens; the logprob of a prompt token is minus its position."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.asked: list[Any] = []
        self.kept: int | None = None

    def __call__(self, model: str, **options: Any) -> "Engine":
        if model == "missing":
            raise OSError("no such model")
        return self

    def get_tokenizer(self) -> Any:
        return self.tokenizer

    def generate(self, prompts: list[Any], sampling: Any, use_tqdm: bool) -> list[Any]:
        self.asked.append(sampling)
        return [self._output(prompt["prompt_token_ids"]) for prompt in prompts]

    def _output(self, ids: list[int]) -> Any:
        text = SimpleNamespace(text=str(len(ids)), finish_reason="length", token_ids=[1, 2])
        places = enumerate(ids[1:], start=1)
        logprobs = [None, *({token: SimpleNamespace(logprob=-float(place))} for place, token in places)]
        return SimpleNamespace(
            outputs=[text], prompt_token_ids=ids, prompt_logprobs=logprobs, num_cached_tokens=self.kept
        )


@pytest.fixture
def engine(smollm2: EmbeddedModel, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(smollm2._tokenizer)
    vllm, sampling = ModuleType("vllm"), ModuleType("vllm.sampling_params")
    vllm.__dict__.update(LLM=engine, SamplingParams=SimpleNamespace, sampling_params=sampling)
    sampling.__dict__["StructuredOutputsParams"] = SimpleNamespace
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", sampling)
    return engine


def test_generation(engine: Engine) -> None:
    model = VLLMModel("any")
    prompt = model.render([HumanMessage("hi")])
    tokens = len(engine.tokenizer(prompt)["input_ids"])
    requests = [GenerationRequest(prompt, 9, {"type": "object"}), GenerationRequest(prompt, 4, stop=("\n",))]
    assert model.generate_batch(requests) == [Generation(str(tokens), "length", tokens, 2)] * 2
    first, second = engine.asked[0]
    assert (first.temperature, first.max_tokens, first.structured_outputs.json) == (
        0.0,
        9,
        {"type": "object"},
    )
    assert (second.max_tokens, second.stop, second.structured_outputs) == (4, ["\n"], None)


def test_score_sums_the_continuation_only(engine: Engine) -> None:
    model = VLLMModel("any")
    before = len(engine.tokenizer("Head. Category:")["input_ids"])
    (score,) = model.score(" Category:", [" Pets"], head="Head.")
    assert score == TokenScore(-float(before), 1)
    assert engine.asked[0].prompt_logprobs == 0
    assert model.score("x", []) == []
    with pytest.raises(LLMAnswerError, match="nothing stands before"):
        model.score("", [" Pets"])


def test_what_the_prefix_cache_held_is_counted(engine: Engine) -> None:
    model, engine.kept = VLLMModel("any"), 2
    tokens = len(engine.tokenizer("Category: Pets")["input_ids"])
    with counting_usage() as counter:
        model.score("Category:", [" Pets"])
    assert counter.usage == Usage(calls=1, tokens_in=tokens, tokens_cached=2)
    (generation,) = model.generate_batch([GenerationRequest("Category:", 4)])
    assert generation.tokens_cached == 2


def test_model_that_cannot_be_loaded(engine: Engine) -> None:
    with pytest.raises(LLMUnavailable, match=r"'missing'.*no such model"):
        VLLMModel("missing")
