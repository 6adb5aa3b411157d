"""Products with packed weights against plain ones; skipped where a processor gains nothing by them."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D

from retrieval.encoder import packed
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.encoder.packed import FEWEST_TOKENS, PackedWeights, packed_for

CPU = torch.device("cpu")
CALLS = 2
packs = pytest.mark.skipif(
    packed_for(FEWEST_TOKENS, torch.float32, CPU).__class__ is not PackedWeights,
    reason="weights are not packed on this processor",
)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """Shapes of the weights that were packed."""
    shapes: list[torch.Size] = []
    pack = PackedWeights._pack

    def count(self: PackedWeights, weight: torch.Tensor, *rest: object, **named: bool) -> object:
        shapes.append(weight.shape)
        return pack(self, weight, *rest, **named)

    monkeypatch.setattr(PackedWeights, "_pack", count)
    return shapes


def layer(kind: str) -> nn.Module:
    torch.manual_seed(0)
    made = {"linear": lambda: nn.Linear(8, 6), "unbiased": lambda: nn.Linear(8, 6, bias=False)}
    return made.get(kind, lambda: Conv1D(6, 8))()


@packs
@pytest.mark.parametrize("kind", ["linear", "unbiased", "conv1d"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 2e-2)])
def test_products_are_the_same(
    kind: str, dtype: torch.dtype, tolerance: float, counted: list[torch.Size]
) -> None:
    module, rows = layer(kind), torch.randn(2, 3, 8)
    with torch.inference_mode():
        expected = module(rows)
        with PackedWeights(dtype):
            found = [module(rows), module(rows)]
    assert all(torch.allclose(each.float(), expected, atol=tolerance) for each in found)
    assert found[0].dtype == dtype
    assert len(counted) == 1


@packs
def test_packed_weights_are_forgotten_so_a_changed_one_counts() -> None:
    module, rows = nn.Linear(4, 4), torch.randn(2, 4)
    mode = packed_for(FEWEST_TOKENS, torch.float32, CPU)
    with torch.inference_mode(), mode:
        module(rows)
    with torch.no_grad():
        module.weight.zero_()
    with torch.inference_mode(), packed_for(FEWEST_TOKENS, torch.float32, CPU):
        assert torch.allclose(module(rows), module.bias.expand(2, 4))


@packs
def test_what_is_no_parameter_is_left_alone(counted: list[torch.Size]) -> None:
    rows, other = torch.randn(3, 4), torch.randn(2, 4)
    vector, weight = torch.randn(4), nn.Parameter(torch.randn(2, 4))
    with torch.inference_mode(), PackedWeights(torch.float32):
        assert torch.equal(functional.linear(rows, other), rows @ other.T)
        assert torch.equal(torch.addmm(rows, torch.eye(3), rows), rows + rows)
        assert torch.allclose(functional.linear(vector, weight), weight @ vector)
    assert counted == []


@pytest.mark.parametrize(
    ("tokens", "device", "processor"),
    [
        (FEWEST_TOKENS - 1, "cpu", "x86_64"),
        (FEWEST_TOKENS, "cuda", "x86_64"),
        (FEWEST_TOKENS, "cpu", "arm64"),
    ],
)
def test_weights_are_packed_only_where_it_pays(
    monkeypatch: pytest.MonkeyPatch, tokens: int, device: str, processor: str
) -> None:
    monkeypatch.setattr(packed.platform, "machine", lambda: processor)
    assert not isinstance(packed_for(tokens, torch.float32, torch.device(device)), PackedWeights)


def test_bfloat16_is_packed_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "has_native_bf16", lambda _: False)
    assert not isinstance(packed_for(FEWEST_TOKENS, torch.bfloat16, CPU), PackedWeights)


@packs
@pytest.mark.parametrize("folder", ["xlmr_folder", "gpt2_folder", "llama_folder"])
def test_a_long_call_packs_every_matrix_and_gives_the_same_vectors(
    request: pytest.FixtureRequest, folder: str, counted: list[torch.Size]
) -> None:
    encoder = load_encoder(str(request.getfixturevalue(folder)), precision="fp32")
    same_in_long_and_short_calls(encoder, [f"kettle number {i} for tea" for i in range(150)])
    assert len(counted) == CALLS * len(encoder.module.linear_layers())


@packs
def test_use_multilingual_packs_too(use: Encoder, counted: list[torch.Size]) -> None:
    same_in_long_and_short_calls(use, [f"kettle number {i} for tea" for i in range(150)])
    assert len(counted) == CALLS * (len(use.module.linear_layers()) + 1)  # `sentence`


def same_in_long_and_short_calls(encoder: Encoder, texts: list[str]) -> None:
    ids = encoder.tokenize(texts)
    assert sum(map(len, ids)) >= FEWEST_TOKENS
    long, *others = [encoder.encode_ids(ids) for _ in range(CALLS)]
    assert all(np.array_equal(other, long) for other in others)
    short = np.concatenate([encoder.encode_ids(ids[start : start + 30]) for start in range(0, len(ids), 30)])
    assert np.allclose(long, short, atol=1e-5)


@packs
def test_a_trained_encoder_encodes_with_its_new_weights(
    xlmr_folder: object, counted: list[torch.Size]
) -> None:
    encoder = load_encoder(str(xlmr_folder), precision="fp32")
    texts = [f"kettle number {i} for tea" for i in range(150)]
    before = encoder.encode(texts)
    optimizer = torch.optim.SGD(encoder.module.parameters(), lr=1.0)
    encoder.forward(encoder.tokenize(texts))[:, 0].sum().backward()
    optimizer.step()
    after = encoder.encode(texts)
    assert not np.allclose(after, before, atol=1e-3)
    plain = np.concatenate([encoder.encode([text]) for text in texts[:3]])
    assert np.allclose(after[:3], plain, atol=1e-5)
