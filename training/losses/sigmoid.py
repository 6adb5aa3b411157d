"""DHPC's loss over independent sigmoids."""

import torch
from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(
    logits: Tensor, targets: Tensor, *, beta: float = 1.0, sigma: float | None = None, epsilon: float = 1.0
) -> Tensor:
    """Summed over classes, mean over rows (DHPC Eq. 5; Eq. 6 with `beta`; Eq. 8 with `sigma`; Eq. 10).

    With q_k = sigmoid(logit_k / ε), N classes and one true class a row:
    -Σ β p_k log q_k - w Σ β (1 - p_k) log(1 - q_k) - Σ (1 - β) q_k log q_k.
    Without `sigma` the middle sum is over all negatives and w = 1. With it each negative is drawn with
    probability σ, anew at every call from torch's generator, and w = N_neg / (σ N), as printed.

    Args:
        logits: (n, classes).
        targets: the true class of each row, (n,) int64.
    """
    scaled = logits / epsilon
    log_q, log_not_q = functional.logsigmoid(scaled), functional.logsigmoid(-scaled)
    positive = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    negative, weight = _negatives(positive, sigma)
    given = torch.where(positive, log_q, 0.0) + weight * torch.where(negative, log_not_q, 0.0)
    believed = torch.sigmoid(scaled) * log_q
    return -(beta * given + (1 - beta) * believed).sum(dim=-1).mean()


def _negatives(positive: Tensor, sigma: float | None) -> tuple[Tensor, float]:
    """Which negatives count, (n, classes) bool, and how much each."""
    if sigma is None:
        return ~positive, 1.0
    drawn = torch.rand(positive.shape, device=positive.device) < sigma
    classes = positive.shape[-1]
    return drawn & ~positive, (classes - 1) / (sigma * classes)
