"""One vector a text from the vectors of its tokens."""

from typing import Literal

import torch
from torch import nn

FixedPooling = Literal["mean", "cls", "last"]
Pooling = Literal["mean", "cls", "last", "attention"]


def pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: FixedPooling) -> torch.Tensor:
    """(n, t, dim) token vectors and (n, t) bool mask, padded on the right, to (n, dim).

    `mean` of the tokens, the first one (`cls`), or the last one: the only one that has seen the whole text
    where attention looks backwards only.
    """
    if pooling == "cls":
        return hidden[:, 0]
    if pooling == "last":
        rows = torch.arange(len(hidden), device=hidden.device)
        return hidden[rows, mask.sum(dim=1) - 1]
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


class Pooler(nn.Module):
    """`pool`, or `attention`: a mean weighted by the softmax of each token's product with a learned query.

    The query starts at zero, so that `attention` starts as `mean`.

    Args:
        dim: length of a token's vector.
    """

    def __init__(self, pooling: Pooling, dim: int) -> None:
        super().__init__()
        self.pooling = pooling
        if pooling == "attention":
            self.query = nn.Parameter(torch.zeros(dim))

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """As `pool`."""
        if self.pooling != "attention":
            return pool(hidden, mask, self.pooling)
        scores = hidden @ self.query / hidden.shape[-1] ** 0.5
        weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
        pooled: torch.Tensor = (hidden * weights.unsqueeze(-1)).sum(dim=1)
        return pooled
