from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from agents.llm.counting import Estimate, OwnTokenizer, token_counter
from agents.llm.factory import build_llm
from catalog import shop
from catalog.product import Row
from catalog.reader import read_catalog
from catalog.settings import load_settings

MESSAGES = [SystemMessage("You sort products."), HumanMessage("Garden hose, 20 m, with 4 nozzles")]


def test_the_embedded_model_counts_its_own_tokens() -> None:
    settings = load_settings()
    counter = token_counter("embedded", cache_dir=settings.cache_dir, accept_gemma_terms=False)
    assert isinstance(counter, OwnTokenizer)
    answer = build_llm("embedded").chat.invoke(MESSAGES, max_tokens=1)
    assert counter.messages(MESSAGES) == answer.usage_metadata["input_tokens"]


@pytest.mark.parametrize(
    "spec", ["openai:gpt-5-mini", "some-model", "vllm:nobody/nothing", "embedded:gemma-3-270m"]
)
def test_a_tokenizer_that_is_not_here_is_estimated_and_said_so(spec: str, tmp_path: Path) -> None:
    counter = token_counter(spec, cache_dir=tmp_path, accept_gemma_terms=False)
    assert isinstance(counter, Estimate)
    assert "estimated" in counter.note


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("hose", 1), ("a > b", 3), ("12345", 2), ("waterproof", 2), ("водостойкий", 4), ("a\nb", 3)],
)
def test_words_digits_and_signs_are_counted(text: str, tokens: int) -> None:
    assert Estimate().text(text) == tokens


def test_an_estimate_is_close_to_a_real_tokenizer_on_product_texts() -> None:
    own = token_counter("embedded", cache_dir=load_settings().cache_dir, accept_gemma_terms=False)
    rows = [row.product for row in read_catalog(shop.test_path()) if isinstance(row, Row)][:100]
    texts = [f"{p.title}. {p.brand}. {p.description} {' > '.join(p.category_paths)}" for p in rows]
    estimated, counted = (sum(map(counter.text, texts)) for counter in (Estimate(), own))
    assert 0.75 < estimated / counted < 1.15  # a small vocabulary needs more tokens than a large one
