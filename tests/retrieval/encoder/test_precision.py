from collections.abc import Callable

import pytest
import torch

from catalog.errors import EncoderError
from retrieval.encoder.precision import computing_in, resolve_inference, resolve_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("capabilities", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"bf16": True}, torch.bfloat16),
        ({"avx512_bf16": False, "avx2": True}, torch.float32),
    ],
)
def test_auto_takes_bfloat16_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert resolve_precision("auto", CPU) == dtype


def test_a_named_precision_is_taken_whatever_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert resolve_precision("bf16", CPU) == torch.bfloat16
    assert resolve_precision("fp32", CPU) == torch.float32


def test_auto_encodes_in_float32_on_a_cpu_and_in_bfloat16_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert resolve_inference("auto", CPU) == torch.float32
    assert resolve_inference("bf16", CPU) == torch.bfloat16
    assert resolve_inference("auto", torch.device("cuda")) == torch.bfloat16


@pytest.mark.parametrize("resolve", [resolve_precision, resolve_inference])
def test_an_unknown_precision_is_refused(resolve: Callable[[str, torch.device], torch.dtype]) -> None:
    with pytest.raises(EncoderError, match="`precision` is 'int4'"):
        resolve("int4", CPU)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_products_are_computed_in_the_precision(dtype: torch.dtype) -> None:
    square = torch.eye(2)
    with computing_in(dtype, CPU):
        assert (square @ square).dtype == dtype
