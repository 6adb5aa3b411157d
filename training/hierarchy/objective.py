"""What the loop trains at one level."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from retrieval.sources.hierarchy.layout import Laid
from retrieval.sources.hierarchy.level import Level
from retrieval.sources.hierarchy.probability import Probability
from training.hierarchy.rows import LevelRows
from training.layer_rates import encoder_groups
from training.losses.build import StepOutput, build_loss
from training.losses.record import BinaryCrossEntropy, Loss, TwoPhases, WeightedSum
from training.schedule import Schedule

Ints = npt.NDArray[np.int64]

# Logit of a class that is no choice for a row: far below all others, and finite for the losses' sums.
_NO_CHOICE = -1e4


def decision(loss: Loss) -> tuple[Probability, float]:
    """What makes probabilities of the logits that a loss trains, and at which temperature in the end."""
    match loss:
        case TwoPhases(second=second):
            return decision(second)
        case WeightedSum(terms=terms):
            kinds = [decision(term.loss) for term in terms]
            return next((found for found in kinds if found[0] == "sigmoid"), kinds[0])
        case BinaryCrossEntropy(epsilon=epsilon):
            return "sigmoid", epsilon
        case _:
            return "softmax", 1.0


class LevelObjective:
    """Objective of one level.

    Args:
        level: trained in place.
        groups: group of each class, (classes,); a row's classes are those of its group alone.
    """

    module: torch.nn.Module

    def __init__(self, level: Level, rows: LevelRows, groups: Ints, loss: Loss, schedule: Schedule) -> None:
        self._level = level
        self._rows = rows
        self._groups = torch.as_tensor(groups, device=level.encoder.device)
        self._schedule = schedule
        self._loss = build_loss(loss, rows.counts, level.encoder.device)
        self._laid = Laid([], [])
        self._classes: Ints = np.empty(0, dtype=np.int64)
        self.module = level.network

    def groups(self) -> list[dict[str, Any]]:
        rate = self._schedule.learning_rate
        groups = encoder_groups(self._level.encoder, self._schedule)
        network = self._level.network
        if network.features.segments is not None:
            groups.append({"params": list(network.features.segments.parameters()), "lr": rate})
        head = list(network.classifier.parameters())
        return [*groups, {"params": head, "lr": rate * self._schedule.head_factor}]

    def begin_epoch(self, epoch: int) -> Sequence[int]:
        self._laid, self._classes = self._rows.epoch(epoch)
        return [len(ids) for ids in self._laid.ids]

    def loss(self, rows: Ints, progress: float) -> torch.Tensor:
        logits, features = self._level.forward(self._laid.take(rows))
        targets = torch.as_tensor(self._classes[rows], device=logits.device)
        other = self._groups != self._groups[targets].unsqueeze(-1)
        return self._loss(
            StepOutput(
                logits=logits.masked_fill(other, _NO_CHOICE),
                vectors=functional.normalize(features, dim=-1),
                targets=targets,
                progress=progress,
            )
        )
