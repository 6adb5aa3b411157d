"""LoRA on BERT-like, GPT-like (matrices as they are and transposed) and convolutional encoders."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.encoder.lora import with_lora

FOLDERS = ["xlmr_folder", "gpt2_folder", "llama_folder"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(params=FOLDERS)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return load_encoder(str(request.getfixturevalue(request.param)), precision="fp32")


@pytest.fixture
def xlmr(xlmr_folder: Path) -> Encoder:
    return load_encoder(str(xlmr_folder), precision="fp32")


def train(encoder: Encoder, texts: list[str], steps: int = 2) -> None:
    parameters = [p for p in encoder.module.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=1.0)
    for _ in range(steps):
        encoder.forward(encoder.tokenize(texts))[:, 0].sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def weights(encoder: Encoder) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in encoder.module.named_parameters()}


def test_adapters_start_as_nothing_and_only_they_train(encoder: Encoder, texts: list[str]) -> None:
    plain, before = encoder.encode(texts), weights(encoder)
    lora = with_lora(encoder, rank=2, alpha=4)
    assert np.array_equal(encoder.encode(texts), plain)
    trained = {name: p for name, p in encoder.module.named_parameters() if p.requires_grad}
    assert all(".lora_" in name for name in trained)
    assert len(trained) == 2 * len([name for name in before if name.endswith(".weight") and is_matrix(name)])
    assert lora.trainable == sum(p.numel() for p in trained.values())
    assert lora.full == sum(p.numel() for p in before.values())
    assert lora.share == lora.trainable / lora.full
    train(encoder, texts)
    after = {name.replace(".base_layer", ""): value for name, value in weights(encoder).items()}
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert not np.allclose(encoder.encode(texts), plain, atol=1e-4)


def is_matrix(name: str) -> bool:
    return not any(part in name.lower() for part in ("embed", "norm", "ln_", "wte", "wpe"))


def test_merged_it_is_a_plain_encoder_with_the_same_vectors(
    encoder: Encoder, texts: list[str], tmp_path: Path
) -> None:
    before = weights(encoder)
    lora = with_lora(encoder, rank=2, alpha=4, dropout=0.1)
    train(encoder, texts)
    adapted = encoder.encode(texts)
    with pytest.raises(EncoderError, match="LoRA adapters"):
        encoder.save(tmp_path)
    lora.merge()
    assert weights(encoder).keys() == before.keys()
    assert all(p.requires_grad for p in encoder.module.parameters())
    assert np.allclose(encoder.encode(texts), adapted, atol=1e-5)
    encoder.save(tmp_path)
    assert np.array_equal(load_encoder(str(tmp_path), precision="fp32").encode(texts), encoder.encode(texts))


def test_dropout_acts_in_training_only(xlmr: Encoder, texts: list[str]) -> None:
    with_lora(xlmr, rank=2, alpha=4, dropout=0.5)
    assert not any(module.training for module in xlmr.module.modules())
    train(xlmr, texts)
    assert np.array_equal(xlmr.encode(texts), xlmr.encode(texts))


def test_what_was_frozen_stays_so_after_merging(xlmr: Encoder) -> None:
    xlmr.freeze_vocabulary()
    with_lora(xlmr, rank=1, alpha=1).merge()
    frozen = [p for p in xlmr.module.parameters() if not p.requires_grad]
    assert [id(p) for p in frozen] == [id(p) for p in xlmr.layer_groups()[0]]


def test_chosen_matrices_only(xlmr: Encoder) -> None:
    with_lora(xlmr, rank=1, alpha=1, targets=["query", "value"])
    names = [name for name, p in xlmr.module.named_parameters() if p.requires_grad]
    assert len(names) == 2 * 2 * 2  # layers, matrices, A and B
    assert all(".query.lora_" in name or ".value.lora_" in name for name in names)


def test_an_attention_pooling_trains_too(xlmr_folder: Path) -> None:
    encoder = load_encoder(str(xlmr_folder), precision="fp32", pooling="attention")
    with_lora(encoder, rank=1, alpha=1)
    names = {name for name, p in encoder.module.named_parameters() if p.requires_grad}
    assert {name for name in names if ".lora_" not in name} == {"pooler.query"}


def test_use_multilingual_takes_adapters(use: Encoder, texts: list[str]) -> None:
    ids = use.tokenize(texts)
    use.open_vocabulary(ids)
    lora = with_lora(use, rank=4, alpha=8)
    assert lora.share < 0.05
    use.forward(ids)[:, 0].sum().backward()
    reached = {
        name for name, p in use.module.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0
    }
    assert reached == {name for name, _ in use.module.named_parameters() if ".lora_B." in name}  # A after B
    train(use, texts, steps=1)
    adapted = use.encode(texts)
    lora.merge()
    assert np.allclose(use.encode(texts), adapted, atol=1e-5)


def test_mistakes_are_explained(xlmr: Encoder) -> None:
    with pytest.raises(EncoderError, match=r"named \['gate'\].*dense, key, query, value"):
        with_lora(xlmr, rank=1, alpha=1, targets=["gate"])
    with pytest.raises(EncoderError, match="`rank` is 0"):
        with_lora(xlmr, rank=0, alpha=1)
    with_lora(xlmr, rank=1, alpha=1)
    with pytest.raises(EncoderError, match="adapters already"):
        with_lora(xlmr, rank=1, alpha=1)


def test_a_missing_peft_is_named(xlmr: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(EncoderError, match="`pip install peft`"):
        with_lora(xlmr, rank=1, alpha=1)
