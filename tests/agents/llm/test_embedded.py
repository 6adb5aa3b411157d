import json
import threading
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from pydantic import BaseModel, ConfigDict, Field

from agents.llm import embedded
from agents.llm.embedded import EmbeddedModel
from agents.llm.weights import SMOLLM2, model_folder
from catalog.errors import LLMAnswerError, LLMUnavailable
from catalog.settings import load_settings

PRODUCTS = ["garlic press", "dog leash, 2 m, nylon", "wireless earbuds with noise cancelling", "yoga mat"]


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    department: Literal["kitchen", "pets", "electronics", "sports"]
    clues: list[str] = Field(max_length=2)
    rank: int = Field(ge=1, le=5)


def prompts() -> list[str]:
    return [f"Product: {product}\nDepartment, clues and rank as JSON:\n" for product in PRODUCTS]


def test_greedy_text_is_that_of_transformers(smollm2: EmbeddedModel) -> None:
    encoded = smollm2._tokenizer("The capital of France is", return_tensors="pt")
    expected = smollm2._model.generate(**encoded, max_new_tokens=12, do_sample=False)[
        0, encoded["input_ids"].shape[1] :
    ]
    (generation,) = smollm2.generate(["The capital of France is"], 12)
    assert generation.text == smollm2._tokenizer.decode(expected, skip_special_tokens=True)
    assert (generation.tokens_in, generation.tokens_out) == (5, 12)


def test_batch_equals_one_by_one(smollm2: EmbeddedModel) -> None:
    together = smollm2.generate(prompts(), 8)
    assert together == [smollm2.generate([prompt], 8)[0] for prompt in prompts()]


def test_small_batches_keep_the_order(smollm2: EmbeddedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    together = smollm2.generate(prompts(), 4)
    monkeypatch.setattr(embedded, "BATCH_TOKENS", 1)
    assert smollm2.generate(prompts(), 4) == together


def test_grammar_makes_valid_json_of_four_prompts_at_once(smollm2: EmbeddedModel) -> None:
    schema = Verdict.model_json_schema()
    schema["properties"]["clues"]["items"]["maxLength"] = 20
    generations = smollm2.generate(prompts(), 80, grammar=schema)
    assert [generation.finish_reason for generation in generations] == ["stop"] * 4
    for generation in generations:
        verdict = Verdict.model_validate_json(generation.text)
        assert json.dumps(verdict.model_dump(), ensure_ascii=False) == generation.text
        assert 0 < generation.tokens_out < 80


def test_token_limit_is_reported(smollm2: EmbeddedModel) -> None:
    (generation,) = smollm2.generate(prompts()[:1], 3, grammar=Verdict.model_json_schema())
    assert (generation.finish_reason, generation.tokens_out) == ("length", 3)
    with pytest.raises(json.JSONDecodeError):
        json.loads(generation.text)


def test_end_of_turn_stops(smollm2: EmbeddedModel) -> None:
    prompt = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    (generation,) = smollm2.generate([prompt], 40)
    assert generation.finish_reason == "stop"
    assert "Paris" in generation.text
    assert "<|im_end|>" not in generation.text


def test_stop_string_is_cut_off(smollm2: EmbeddedModel) -> None:
    (free,) = smollm2.generate(["Count: one, two, three, four,"], 12)
    mark = free.text[3:5]
    (cut,) = smollm2.generate(["Count: one, two, three, four,"], 12, stop=[mark])
    assert cut.text == free.text[: free.text.index(mark)]
    assert cut.finish_reason == "stop"
    assert cut.tokens_out < free.tokens_out


def test_prompt_longer_than_the_context(smollm2: EmbeddedModel) -> None:
    with pytest.raises(LLMUnavailable, match="8192"):
        smollm2.generate(["word " * 8200], 1)


def test_schema_without_a_grammar(smollm2: EmbeddedModel) -> None:
    schema: dict[str, Any] = {
        "title": "Odd",
        "type": "object",
        "properties": {"a": {"not": {"type": "string"}}},
    }
    with pytest.raises(LLMAnswerError, match="`Odd` has no grammar"):
        smollm2.generate(["x"], 1, grammar=schema)


def test_threads_take_turns(smollm2: EmbeddedModel) -> None:
    alone = [smollm2.score(prompt, [" kitchen", " pets"]) for prompt in prompts()]
    results: dict[int, Any] = {}

    def work(place: int) -> None:
        results[place] = smollm2.score(prompts()[place], [" kitchen", " pets"])
        smollm2.generate([prompts()[place]], 2)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[place] for place in range(4)] == alone


def test_precision_by_name_and_by_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    assert embedded._dtype("bfloat16", "cpu") is torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert embedded._dtype("auto", "cpu") is torch.float32
    assert embedded._dtype("auto", "cuda") is torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    assert embedded._dtype("auto", "cpu") is torch.bfloat16


def test_damaged_folder_says_so(tmp_path: Path) -> None:
    whole = model_folder(SMOLLM2, load_settings().cache_dir)
    for file in whole.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:2000])
    with pytest.raises(LLMUnavailable, match="cannot be loaded"):
        EmbeddedModel.load(tmp_path)
