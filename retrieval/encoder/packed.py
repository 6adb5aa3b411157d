"""Matrix products with weights that oneDNN has laid out for the processor, for inference.

torch multiplies float32 matrices with MKL, which reaches less than half of an AMD processor's speed; oneDNN
multiplies the same numbers about twice as fast there, and bfloat16 ones a little faster than under autocast.
The ops are those that torch's own compiler emits for frozen weights on a CPU.
"""

import platform
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from .precision import has_native_bf16

# Packing costs as much as a few hundred tokens gain by it.
FEWEST_TOKENS = 1_024
_PROCESSORS = ("x86_64", "AMD64")  # where it was measured

_Packed = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


class PackedWeights(TorchFunctionMode):
    """Within it, products with an `nn.Parameter` are oneDNN's; a weight is packed when it is first met.

    It holds for this thread and forgets the packed weights at its end, so they are never stale. No gradients.

    Args:
        dtype: what the products are computed in.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self._dtype = dtype
        self._packed: dict[int, _Packed] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is functional.linear:
            return self._linear(*args, **(kwargs or {}))
        if func is torch.addmm and not kwargs:
            return self._addmm(*args)
        return func(*args, **(kwargs or {}))

    def _linear(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        if not isinstance(weight, nn.Parameter) or input.dim() < 2:
            return functional.linear(input, weight, bias)
        return self._product(input, weight, bias, transposed=False)

    def _addmm(self, bias: torch.Tensor, input: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """As GPT-2's layers call it: their weights are (in, out)."""
        if not isinstance(weight, nn.Parameter) or bias.dim() != 1:
            return torch.addmm(bias, input, weight)
        return self._product(input, weight, bias, transposed=True)

    def _product(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, *, transposed: bool
    ) -> torch.Tensor:
        if id(weight) not in self._packed:
            self._packed[id(weight)] = self._pack(weight, bias, transposed=transposed)
        _, packed, added = self._packed[id(weight)]
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            input.to(self._dtype), packed, added, "none", [], ""
        )
        return product

    def _pack(self, weight: torch.Tensor, bias: torch.Tensor | None, *, transposed: bool) -> _Packed:
        """The weight itself is kept too: its id must not pass to another one."""
        rows = (weight.t() if transposed else weight).to(self._dtype).contiguous()
        packed = torch.ops.mkldnn._reorder_linear_weight(rows, None)
        return weight, packed, None if bias is None else bias.to(self._dtype)


def packed_for(tokens: int, dtype: torch.dtype, device: torch.device) -> AbstractContextManager[object]:
    """`PackedWeights` where it pays for so many tokens on this machine, else nothing."""
    if tokens < FEWEST_TOKENS or not _can_pack(dtype, device):
        return nullcontext()
    return PackedWeights(dtype)


def _can_pack(dtype: torch.dtype, device: torch.device) -> bool:
    return (
        device.type == "cpu"
        and platform.machine() in _PROCESSORS
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # torch ships it untyped
        and (dtype == torch.float32 or has_native_bf16(device))
    )
