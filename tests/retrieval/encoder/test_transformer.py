"""XLM-R, GPT-2 and Llama with random weights: the code paths of models that no registry ships."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import AlbertConfig, AlbertModel, AutoModel, AutoTokenizer, T5Config

from catalog.errors import EncoderError
from retrieval.encoder.base import Encoder
from retrieval.encoder.batches import pad
from retrieval.encoder.load import load_encoder
from retrieval.encoder.pooling import Pooling
from retrieval.encoder.transformer import POOLER_WEIGHTS, POOLING_FILE, Transformer

Same = Callable[[Encoder, Encoder], None]


@pytest.fixture
def xlmr(xlmr_folder: Path) -> Encoder:
    return load_encoder(str(xlmr_folder), precision="fp32")


@pytest.fixture
def gpt2(gpt2_folder: Path) -> Encoder:
    return load_encoder(str(gpt2_folder), precision="fp32")


@pytest.fixture
def llama(llama_folder: Path) -> Encoder:
    return load_encoder(str(llama_folder), precision="fp32")


@pytest.fixture
def copy(xlmr_folder: Path, tmp_path: Path) -> Path:
    """A folder of XLM-R that a test may damage."""
    return Path(shutil.copytree(xlmr_folder, tmp_path / "copy"))


def pooling_of(encoder: Encoder) -> Pooling:
    assert isinstance(encoder.module, Transformer)
    return encoder.module.pooling


def reference(folder: Path, text: str) -> np.ndarray:
    """Mean of the last layer, without this project's code."""
    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt", return_token_type_ids=False)
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(folder)(**tokens).last_hidden_state
    return functional.normalize(hidden.mean(dim=1), dim=-1).numpy()[0]


def test_an_encoder_model_gives_the_mean_of_its_tokens(
    xlmr: Encoder, xlmr_folder: Path, texts: list[str]
) -> None:
    expected = np.stack([reference(xlmr_folder, text) for text in texts])
    assert np.allclose(xlmr.encode(texts, batch_size=3), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["xlmr", "gpt2", "llama"])
def test_a_text_has_the_same_vector_in_any_batch(
    request: pytest.FixtureRequest, name: str, texts: list[str]
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    one_by_one = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.allclose(encoder.encode(texts), one_by_one, atol=1e-5)
    assert np.array_equal(encoder.encode(texts), encoder.encode(texts))


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_a_decoder_only_model_pools_its_last_token(request: pytest.FixtureRequest, name: str) -> None:
    decoder: Encoder = request.getfixturevalue(name)
    assert pooling_of(decoder) == "last"
    ids = decoder.tokenize(["a kettle"])[0]
    assert not np.allclose(decoder.encode_ids([ids]), decoder.encode_ids([[*ids[:-1], ids[0]]]), atol=1e-3)


@pytest.mark.parametrize("folder", ["gpt2_folder", "llama_folder"])
def test_a_decoder_only_model_can_pool_the_mean_without_its_padding(
    request: pytest.FixtureRequest, folder: str, texts: list[str]
) -> None:
    path: Path = request.getfixturevalue(folder)
    encoder = load_encoder(str(path), precision="fp32", pooling="mean")
    expected = np.stack([reference(path, text) for text in texts if text])
    assert np.allclose(encoder.encode([text for text in texts if text]), expected, atol=1e-5)


def test_a_text_without_tokens_becomes_one_padding_token(gpt2: Encoder) -> None:
    assert [len(row) for row in gpt2.tokenize(["", "tea"])] == [1, 1]


def test_texts_are_cut_inside_their_frame(xlmr_folder: Path) -> None:
    encoder = load_encoder(str(xlmr_folder), max_tokens=5)
    (ids,) = encoder.tokenize(["Stainless steel kettle with whistle"])
    begin, end = encoder.tokenize([""])[0]
    assert len(ids) == 5
    assert (ids[0], ids[-1]) == (begin, end)


@pytest.mark.parametrize("name", ["xlmr", "gpt2", "llama"])
def test_layer_groups_hold_every_parameter_once_from_bottom_to_top(
    request: pytest.FixtureRequest, name: str
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    names = {id(p): label for label, p in encoder.module.named_parameters()}
    groups = [[names.pop(id(p)) for p in group] for group in encoder.layer_groups()]
    assert not names
    layers = {"xlmr": "encoder.layer", "gpt2": "h", "llama": "layers"}[name]
    first = {"xlmr": 2, "gpt2": 2, "llama": 1}[name]  # Llama has no table of positions below its layers
    assert len(groups[0]) == 1
    assert all(f".{layers}.0." in label for label in groups[first])
    assert all(f".{layers}.1." in label for label in groups[first + 1])
    assert len(groups) == {"xlmr": 4, "gpt2": 5, "llama": 4}[name]  # decoders have a norm above their layers


@pytest.mark.parametrize("name", ["xlmr", "gpt2", "llama"])
def test_gradients_reach_every_layer(request: pytest.FixtureRequest, name: str, texts: list[str]) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    encoder.forward(encoder.tokenize(texts))[:, 0].sum().backward()
    for group in encoder.layer_groups():
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in group)


def test_a_frozen_vocabulary_learns_nothing_until_it_is_opened(xlmr: Encoder) -> None:
    ids = xlmr.tokenize(["tea"])
    (table,) = xlmr.layer_groups()[0]
    xlmr.freeze_vocabulary()
    xlmr.forward(ids)[:, 0].sum().backward()
    assert table.grad is None
    xlmr.open_vocabulary(ids)
    xlmr.forward(ids)[:, 0].sum().backward()
    assert table.grad is not None


@pytest.mark.parametrize("name", ["xlmr", "gpt2", "llama"])
def test_saving_and_loading_changes_no_bit(
    request: pytest.FixtureRequest, name: str, tmp_path: Path, same_encoder: Same
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    with torch.no_grad():
        for parameter in encoder.module.parameters():
            parameter.add_(0.01)
    encoder.save(tmp_path)
    loaded = load_encoder(str(tmp_path), precision="fp32")
    same_encoder(encoder, loaded)
    assert pooling_of(loaded) == pooling_of(encoder)
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".safetensors", ".txt", ".jinja"}


@pytest.mark.parametrize("name", ["xlmr", "gpt2", "llama"])
def test_hidden_states_are_those_of_every_layer(
    request: pytest.FixtureRequest, name: str, texts: list[str]
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    ids, mask = pad(encoder.tokenize(texts), 0, encoder.device)
    with torch.inference_mode():
        states = encoder.module.hidden_states(ids, mask)
        vectors = encoder.module(ids, mask)
    assert [tuple(state.shape) for state in states] == [(*ids.shape, encoder.dim)] * 3
    assert isinstance(encoder.module, Transformer)
    assert torch.allclose(encoder.module.pooler(states[-1], mask), vectors, atol=1e-6)
    assert not torch.allclose(states[-1], states[-2], atol=1e-2)


@pytest.mark.parametrize("name", ["xlmr", "gpt2", "llama"])
def test_the_first_layers_alone_are_saved_as_such(
    request: pytest.FixtureRequest, name: str, tmp_path: Path, same_encoder: Same, texts: list[str]
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    ids, mask = pad(encoder.tokenize(texts), 0, encoder.device)
    with torch.inference_mode():
        whole = encoder.module.hidden_states(ids, mask)
        encoder.keep_layers(1)
        pruned = encoder.module.hidden_states(ids, mask)
    assert len(pruned) == 2
    if name == "xlmr":  # decoders put their norm on what is now the last layer
        assert torch.allclose(pruned[1], whole[1], atol=1e-6)
    encoder.save(tmp_path)
    loaded = load_encoder(str(tmp_path), precision="fp32")
    same_encoder(encoder, loaded)
    assert len(loaded.module.hidden_states(ids, mask)) == 2


@pytest.mark.parametrize("count", [0, 3])
def test_layers_that_are_not_there_cannot_be_kept(xlmr: Encoder, count: int) -> None:
    with pytest.raises(EncoderError, match=f"Of 2 layers.*{count}.*from 1 to 2"):
        xlmr.keep_layers(count)


def test_layers_that_share_their_weights_cannot_be_told_apart(xlmr_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(xlmr_folder, tmp_path / "albert"))
    config = AlbertConfig(
        vocab_size=400,
        embedding_size=8,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
    )
    AlbertModel(config).save_pretrained(folder)
    with pytest.raises(EncoderError, match="Of 0 layers"):
        load_encoder(str(folder)).keep_layers(1)


def test_a_learned_pooling_is_saved_with_its_query(
    xlmr_folder: Path, tmp_path: Path, same_encoder: Same
) -> None:
    encoder = load_encoder(str(xlmr_folder), precision="fp32", pooling="attention")
    assert isinstance(encoder.module, Transformer)
    with torch.no_grad():
        encoder.module.pooler.query.normal_()
    assert id(encoder.module.pooler.query) in {id(p) for p in encoder.layer_groups()[-1]}
    encoder.save(tmp_path)
    loaded = load_encoder(str(tmp_path), precision="fp32")
    assert pooling_of(loaded) == "attention"
    same_encoder(encoder, loaded)
    assert pooling_of(load_encoder(str(tmp_path), pooling="mean")) == "mean"


def test_a_learned_pooling_without_its_query_is_refused(xlmr_folder: Path, tmp_path: Path) -> None:
    load_encoder(str(xlmr_folder), pooling="attention").save(tmp_path)
    (tmp_path / POOLER_WEIGHTS).unlink()
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(tmp_path))


def test_another_pooling_can_be_asked_for_and_is_saved(xlmr_folder: Path, tmp_path: Path) -> None:
    encoder = load_encoder(str(xlmr_folder), precision="fp32", pooling="cls")
    encoder.save(tmp_path)
    assert pooling_of(load_encoder(str(tmp_path))) == "cls"


def test_the_pooling_of_a_sentence_transformers_folder_is_kept(copy: Path) -> None:
    (copy / POOLING_FILE).parent.mkdir()
    (copy / POOLING_FILE).write_text(json.dumps({"pooling_mode_cls_token": True}), encoding="utf-8")
    assert pooling_of(load_encoder(str(copy))) == "cls"


def test_an_unsupported_pooling_is_refused(copy: Path) -> None:
    (copy / POOLING_FILE).parent.mkdir()
    (copy / POOLING_FILE).write_text(json.dumps({"pooling_mode_max_tokens": True}), encoding="utf-8")
    with pytest.raises(EncoderError, match="pools in a way that is not supported"):
        load_encoder(str(copy))


def test_missing_weights_are_refused_rather_than_random(copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"lacks weights.*encoder\.layer\.1\.output\.dense\.weight"):
        load_encoder(str(copy))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_damaged_folder_is_refused(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"{")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(str(copy))


def test_an_encoder_decoder_is_refused(copy: Path) -> None:
    T5Config(d_model=8, num_layers=1).save_pretrained(copy)
    with pytest.raises(EncoderError, match="encoder-decoder"):
        load_encoder(str(copy))


def test_a_tokenizer_that_cannot_pad_is_refused(gpt2_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(gpt2_folder, tmp_path / "copy"))
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    del settings["eos_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(EncoderError, match="neither a padding token"):
        load_encoder(str(folder))


@pytest.mark.parametrize("name", ["xlm-roberta-base", "./no-such-folder"])
def test_a_name_that_needs_the_hub_says_so_when_offline(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"cannot be loaded.*`embedded`.*`HF_HUB_OFFLINE`") as caught:
        load_encoder(name)
    assert repr(name) in caught.value.message
