"""Supervised contrastive loss."""

import torch
from torch import Tensor


def supervised_contrastive(vectors: Tensor, targets: Tensor, *, temperature: float) -> Tensor:
    """L_out of Khosla et al. (2020), Eq. 2: for an anchor the mean over its positives of -log softmax.

    The mean is over rows that have another row of their class in the batch; 0 where there is none.

    Args:
        vectors: unit vectors, (n, dim).
        targets: class of each, (n,) int64.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    similar = vectors @ vectors.T / temperature
    log_shares = similar.masked_fill(itself, float("-inf")).log_softmax(dim=-1)
    positive = (targets.unsqueeze(0) == targets.unsqueeze(1)) & ~itself
    count = positive.sum(dim=-1)
    losses = -torch.where(positive, log_shares, 0.0).sum(dim=-1) / count.clamp(min=1)
    return losses.sum() / (count > 0).sum().clamp(min=1)
