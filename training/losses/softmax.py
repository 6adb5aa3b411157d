"""Losses over a softmax: one class of a row is right.

All take logits (n, classes) and the true class of each row, (n,) int64, and give the mean over rows.
"""

import torch
from torch import Tensor
from torch.nn import functional

_SMALLEST = torch.finfo(torch.float32).eps


def cross_entropy(
    logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0, weights: Tensor | None = None
) -> Tensor:
    """Softmax cross-entropy with smoothed labels (Szegedy et al., 2016; DHPC Eq. 9).

    Args:
        weights: of the classes, (classes,). The mean is over rows, not over weights, so that a heavy row
            weighs the same in every batch.
    """
    losses = functional.cross_entropy(
        logits, targets, weight=weights, label_smoothing=label_smoothing, reduction="none"
    )
    return losses.mean()


def focal(logits: Tensor, targets: Tensor, *, gamma: float, weights: Tensor | None = None) -> Tensor:
    """-α_k (1 - q_k)^γ log q_k of the true class k (dual-expert Eq. 1; Lin et al., 2017).

    Args:
        weights: α, (classes,); None is 1 for all.
    """
    log_q = _log_q(logits, targets)
    # Kept off 0, where a power below 1 has no finite slope.
    losses = -((-torch.expm1(log_q)).clamp(min=_SMALLEST) ** gamma) * log_q
    return (losses if weights is None else weights[targets] * losses).mean()


def bootstrap(logits: Tensor, targets: Tensor, *, beta: float) -> Tensor:
    """-Σ_k [β p_k + (1 - β) q_k] log q_k (Reed et al., 2014, soft bootstrapping).

    The second term is the entropy of the model's belief, which is made smaller: dual-expert's Eq. 2 prints
    its sign the other way round, DHPC's Eq. 6, which it follows, does not.
    """
    log_q = functional.log_softmax(logits, dim=-1)
    given = functional.nll_loss(log_q, targets)
    entropy = -(log_q.exp() * log_q).sum(dim=-1).mean()
    return beta * given + (1 - beta) * entropy


def logit_adjusted(
    logits: Tensor, targets: Tensor, *, tau: float, log_priors: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Cross-entropy of logits + τ log π (Menon et al., 2021, Eq. 10).

    Args:
        log_priors: log π, (classes,).
    """
    return cross_entropy(logits + tau * log_priors, targets, label_smoothing=label_smoothing)


def _log_q(logits: Tensor, targets: Tensor) -> Tensor:
    log_q = functional.log_softmax(logits, dim=-1)
    return log_q.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
