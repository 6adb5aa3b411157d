"""Listwise softmax over a product's candidates and "none of these"."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from retrieval.pairs.pair_encoder import PairEncoder
from training.layer_rates import encoder_groups
from training.schedule import Schedule
from training.selector.lists import PairList

Ints = npt.NDArray[np.int64]


def listwise_loss(scores: torch.Tensor, valid: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Mean of −log P(a right candidate) under a softmax over each row (ListNet's top-one probability, Cao et
    al., 2007, Eq. 4, with several right ones).

    Args:
        scores: (n, m).
        valid: False where a row is padded.
        right: at least one valid candidate of every row.
    """
    allowed = scores.masked_fill(~valid, -torch.inf)
    wanted = scores.masked_fill(~(valid & right), -torch.inf)
    return (allowed.logsumexp(dim=1) - wanted.logsumexp(dim=1)).mean()


class SelectorObjective:
    """What the training loop minimises.

    Args:
        model: trained in place.
    """

    def __init__(self, model: PairEncoder, lists: Sequence[PairList], schedule: Schedule) -> None:
        self._model = model
        self._lists = lists
        self._schedule = schedule
        self.module = model.module

    def groups(self) -> list[dict[str, Any]]:
        head = [*self.module.head.parameters(), self.module.outside]
        rate = self._schedule.learning_rate * self._schedule.head_factor
        return [*encoder_groups(self._model.encoder, self._schedule), {"params": head, "lr": rate}]

    def begin_epoch(self, epoch: int) -> Sequence[int]:
        del epoch  # every epoch shows the same lists
        return [max(len(pair.ids) for pair in one.pairs) for one in self._lists]

    def loss(self, rows: Ints, progress: float) -> torch.Tensor:
        del progress
        lists = [self._lists[row] for row in rows.tolist()]
        found = self._model.forward([pair for one in lists for pair in one.pairs])
        valid, right = _layout(lists, found.device)
        scores = self.module.outside.float().expand(valid.shape).masked_scatter(_candidates(valid), found)
        return listwise_loss(scores, valid, right)


def _layout(lists: Sequence[PairList], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Which places hold a candidate or, last, "none of these", and which are right; each (n, m + 1)."""
    width = max(len(one.pairs) for one in lists)
    valid = np.zeros((len(lists), width + 1), dtype=np.bool_)
    right = np.zeros_like(valid)
    for i, one in enumerate(lists):
        valid[i, : len(one.pairs)] = True
        right[i, : len(one.pairs)] = one.right
    valid[:, width] = True
    right[:, width] = ~right.any(axis=1)
    return torch.from_numpy(valid).to(device), torch.from_numpy(right).to(device)


def _candidates(valid: torch.Tensor) -> torch.Tensor:
    """The places of candidates alone, in the order of their scores."""
    places = valid.clone()
    places[:, -1] = False
    return places
