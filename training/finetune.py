"""Fine-tune the encoder together with a head over its vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from retrieval.encoder.base import Encoder
from retrieval.sources.head import Head
from training.layer_rates import encoder_groups
from training.losses.build import StepOutput, build_loss
from training.recipe import EncoderPart
from training.schedule import Schedule

Ints = npt.NDArray[np.int64]

VOCABULARY_LIMIT = 50_000_000


@dataclass(frozen=True)
class TrainingTexts:
    """The rows to learn from.

    Attributes:
        ids: token ids of each row in an epoch, counted from 0.
        classes: class of each row, an index into `positions`.
        positions: ascending taxonomy position of each class.
    """

    ids: Callable[[int], list[list[int]]]
    classes: Ints
    positions: Ints


def vocabulary_too_large(encoder: Encoder) -> bool:
    """Whether the open part of the vocabulary is better left as it is: on a CPU its update costs most."""
    return (
        encoder.device.type == "cpu" and sum(p.numel() for p in encoder.layer_groups()[0]) > VOCABULARY_LIMIT
    )


class _Trained(torch.nn.Module):
    """All that a checkpoint must hold."""

    def __init__(self, backbone: torch.nn.Module, weights: torch.Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.weights = torch.nn.Parameter(weights)
        self.bias = torch.nn.Parameter(weights.new_zeros(len(weights)))


class FineTuning:
    """Objective of encoder and head.

    Args:
        encoder: trained in place.
        start: first weights of the head, (classes, dim).
    """

    def __init__(
        self,
        encoder: Encoder,
        data: TrainingTexts,
        start: npt.NDArray[np.float32],
        part: EncoderPart,
        schedule: Schedule,
    ) -> None:
        self._encoder = encoder
        self._data = data
        self._part = part
        self._schedule = schedule
        self._ids: list[list[int]] = []
        counts = np.bincount(data.classes, minlength=len(data.positions))
        self._loss = build_loss(part.loss, counts, encoder.device)
        self.module = _Trained(encoder.module, torch.tensor(start, device=encoder.device))

    def groups(self) -> list[dict[str, Any]]:
        head = [self.module.weights, self.module.bias]
        rate = self._schedule.learning_rate * self._schedule.head_factor
        return [*encoder_groups(self._encoder, self._schedule), {"params": head, "lr": rate}]

    def begin_epoch(self, epoch: int) -> Sequence[int]:
        self._ids = self._data.ids(epoch)
        return [len(row) for row in self._ids]

    def loss(self, rows: Ints, progress: float) -> torch.Tensor:
        vectors = self._encoder.forward([self._ids[i] for i in rows]).float()
        targets = torch.as_tensor(self._data.classes[rows], device=vectors.device)
        logits = self._part.scale * vectors @ self._weights().T + self.module.bias
        return self._loss(StepOutput(logits, vectors, targets, progress))

    def head(self) -> Head:
        """The head as trained so far."""
        weights, bias = self._weights().detach(), self.module.bias.detach()
        return Head(weights.cpu().numpy(), bias.cpu().numpy(), self._part.scale, self._data.positions)

    def _weights(self) -> torch.Tensor:
        weights: torch.Tensor = self.module.weights
        return functional.normalize(weights, dim=-1) if self._part.head == "cosine" else weights
