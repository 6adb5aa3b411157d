"""One vector a text from the vectors of its tokens."""

from typing import Literal

import torch

Pooling = Literal["mean", "cls", "last"]


def pool(hidden: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
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
