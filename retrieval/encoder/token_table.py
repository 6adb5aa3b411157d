"""A large vocabulary table that trains quickly: 8-bit rows that stay, float rows for what a corpus uses.

A dense update of all 65.5 million values of USE-multilingual's table costs as much as the rest of a training
step and a gigabyte of memory, while a catalog of short texts uses about one row in seven. Rows that training
never sees would only be decayed.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional


class TokenTable(nn.Module):
    """Token ids to vectors.

    A closed row is `quantized * scale + low`, with one scale and low for each of several interleaved chunks
    (row r belongs to chunk r mod chunks). An open row is a trainable float32 vector instead.

    Args:
        quantized: uint8 (tokens, dim).
        scale: float32 (chunks,).
        low: float32 (chunks,).
    """

    quantized: torch.Tensor
    scale: torch.Tensor
    low: torch.Tensor
    slot: torch.Tensor

    def __init__(self, quantized: torch.Tensor, scale: torch.Tensor, low: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("quantized", quantized)
        self.register_buffer("scale", scale)
        self.register_buffer("low", low)
        self.register_buffer("slot", torch.full((len(quantized),), -1, dtype=torch.int64))
        self.rows = nn.Parameter(torch.empty(0, quantized.shape[1]))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(...) ids to (..., dim) vectors."""
        if len(self.rows) == 0:
            return self._closed(ids)
        slot = self.slot[ids]
        opened = functional.embedding(slot.clamp(min=0), self.rows)
        return torch.where((slot >= 0).unsqueeze(-1), opened, self._closed(ids))

    def open(self, used: npt.NDArray[np.int64]) -> None:
        """Make the rows of the `used` ids trainable, from their present values; open ones stay open."""
        fresh = torch.zeros_like(self.slot, dtype=torch.bool)
        fresh[torch.from_numpy(used).to(fresh.device)] = True
        chosen = (fresh | (self.slot >= 0)).nonzero().squeeze(-1)
        rows = self.forward(chosen).detach()
        self.slot.fill_(-1)
        self.slot[chosen] = torch.arange(len(chosen), device=chosen.device)
        self.rows = nn.Parameter(rows)

    def reshape_rows(self, count: int) -> None:
        """Make room for `count` open rows, which a saved state fills."""
        self.rows = nn.Parameter(self.rows.new_empty(count, self.rows.shape[1]))

    def _closed(self, ids: torch.Tensor) -> torch.Tensor:
        chunk = ids % len(self.scale)
        return self.quantized[ids] * self.scale[chunk].unsqueeze(-1) + self.low[chunk].unsqueeze(-1)
