"""Scores against plain forward passes, on the real model and on a small one with sliding windows."""

from typing import Any

import pytest
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from agents.llm import attention, embedded, scoring
from agents.llm.embedded import EmbeddedModel
from agents.llm.usage import counting_usage
from catalog.errors import LLMAnswerError, LLMUnavailable

CONTINUATIONS = [
    " Home & Kitchen > Kitchen Tools > Garlic Presses",
    " Home & Kitchen > Cookware",
    " Pet Supplies > Cats > Litter",
    " Bücher > 中文 😀",
    "\nToys & Games",
    " Beauty",
]


def assert_equal_scores(
    model: EmbeddedModel, naive: Any, prefix: str, head: str, continuations: list[str]
) -> None:
    scores = model.score(prefix, continuations, head=head)
    expected = [naive(model, head + prefix, continuation) for continuation in continuations]
    assert [score.tokens for score in scores] == [tokens for _, tokens in expected]
    assert [score.logprob for score in scores] == pytest.approx([total for total, _ in expected], abs=1e-3)


@pytest.mark.parametrize(
    ("head", "prefix"),
    [
        ("", "Product: stainless steel garlic press\nCategory:"),
        (
            "Choose the category of each product.\n\nProduct: dog leash\nCategory: Pets\n\n",
            "Product: ham\nCategory:",
        ),
        ("A head that ends in the mid", "dle of a word:"),
        ("Only a head:", ""),
        ("", "Ends with a newline\n"),
    ],
)
def test_equals_naive_forward(smollm2: EmbeddedModel, naive_score: Any, head: str, prefix: str) -> None:
    assert_equal_scores(smollm2, naive_score, prefix, head, [*CONTINUATIONS, "\n Two lines"])


def test_several_packs_and_single_tokens(
    smollm2: EmbeddedModel, naive_score: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "PACK_TOKENS", 9)
    assert_equal_scores(smollm2, naive_score, "Category:", "", [*CONTINUATIONS, " A", " B"])


def test_order_does_not_matter(smollm2: EmbeddedModel) -> None:
    forward = smollm2.score("Category:", CONTINUATIONS)
    backward = smollm2.score("Category:", CONTINUATIONS[::-1])[::-1]
    assert [score.logprob for score in forward] == pytest.approx(
        [score.logprob for score in backward], abs=1e-3
    )


def test_likelier_text_scores_higher(smollm2: EmbeddedModel) -> None:
    right, wrong = smollm2.score("The capital of France is", [" Paris", " Stuttgart"])
    assert right.logprob > wrong.logprob + 1


def test_head_is_read_once(smollm2: EmbeddedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    read = scoring.read
    monkeypatch.setattr(embedded, "read", lambda model, ids: reads.append(len(ids)) or read(model, ids))
    for product in ("leash", "press", "ham"):
        smollm2.score(
            f"Product: {product}\nCategory:", [" Pets", " Food"], head="Some examples, shared by all.\n\n"
        )
    assert len(reads) == 1


def test_what_was_read_and_what_the_head_spared_is_counted(smollm2: EmbeddedModel) -> None:
    head, used = "One more set of examples, shared by all. Product:", []
    for product in ("leash", "press"):
        with counting_usage() as counter:
            smollm2.score(f" {product}\nCategory:", [" Pets", " Food"], head=head)
        used.append(counter.usage)
    text = smollm2._tokenizer(f"{head} leash\nCategory:")["input_ids"]
    assert [usage.calls for usage in used] == [1, 1]
    assert used[0].tokens_in == len(text) + 2
    assert used[0].tokens_cached == 0
    assert used[1].tokens_cached == len(smollm2._tokenizer(head)["input_ids"])


def test_nothing_to_score(smollm2: EmbeddedModel) -> None:
    assert smollm2.score("Category:", []) == []
    (score,) = smollm2.score("Category:", [""])
    assert (score.logprob, score.tokens) == (0.0, 0)


def test_nothing_before_the_continuation(smollm2: EmbeddedModel) -> None:
    with pytest.raises(LLMAnswerError, match="nothing stands before"):
        smollm2.score("", [" Pets"])


def test_longer_than_the_context(smollm2: EmbeddedModel) -> None:
    with pytest.raises(LLMUnavailable, match=r"8192 that `embedded` can read.*shorten"):
        smollm2.score("word " * 8200, [" Pets"])


@pytest.fixture(scope="module")
def sliding(smollm2: EmbeddedModel) -> EmbeddedModel:
    """Gemma 3's architecture, small and random, with a window much shorter than the texts."""
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=smollm2._model.config.vocab_size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        sliding_window=6,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        initializer_range=0.3,
        attn_implementation=attention.NAME,
    )
    return EmbeddedModel("small gemma", smollm2._tokenizer, Gemma3ForCausalLM(config).eval())


@pytest.mark.parametrize("head", ["", "Choose the category of each product of this shop.\n\n"])
def test_sliding_windows(sliding: EmbeddedModel, naive_score: Any, head: str) -> None:
    assert_equal_scores(
        sliding, naive_score, "Product: stainless steel garlic press\nCategory:", head, CONTINUATIONS
    )
