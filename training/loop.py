"""The training loop that every model shares: length buckets, AdamW, warm-up and decay, checkpoints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from catalog.errors import EncoderError
from catalog.progress import Progress
from training.checkpoint import Checkpoint

Ints = npt.NDArray[np.int64]

_BUCKET_BATCHES = 32


class Objective(Protocol):
    """What the loop trains."""

    @property
    def module(self) -> torch.nn.Module:
        """All that a checkpoint must hold; put into training mode by the loop."""
        ...

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups of the optimizer, each with its own peak `lr`."""
        ...

    def begin_epoch(self, epoch: int) -> Sequence[int]:
        """Prepare the rows of an epoch, counted from 0; returns their lengths in tokens."""
        ...

    def loss(self, rows: Ints, progress: float) -> torch.Tensor:
        """Mean loss of some rows of this epoch, when a share `progress` of all steps is done."""
        ...


@dataclass(frozen=True)
class LoopSettings:
    """Attributes:
    rows: in an epoch.
    warmup_share: of all steps, during which the rate rises; then it falls to zero in a line.
    """

    rows: int
    epochs: int
    batch_size: int
    warmup_share: float
    weight_decay: float
    seed: int

    @property
    def steps(self) -> int:
        return self.epochs * -(-self.rows // self.batch_size)


def batches(lengths: Sequence[int], size: int, seed: int) -> Iterator[Ints]:
    """Row numbers of one epoch: shuffled, then grouped by length in buckets, so that little is padding."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(lengths))
    by_length = np.asarray(lengths)
    for start in range(0, len(order), size * _BUCKET_BATCHES):
        bucket = order[start : start + size * _BUCKET_BATCHES]
        bucket = bucket[np.argsort(by_length[bucket], kind="stable")]
        starts = np.arange(0, len(bucket), size)
        rng.shuffle(starts)
        for offset in starts:
            yield bucket[offset : offset + size]


class Loop:
    """One run over an objective; continues from a checkpoint when there is one."""

    def __init__(self, objective: Objective, settings: LoopSettings) -> None:
        self._objective = objective
        self._settings = settings
        # Fused: one pass over the weights instead of eight, and a vocabulary is most of the weights.
        self._optimizer = torch.optim.AdamW(
            objective.groups(), weight_decay=settings.weight_decay, fused=True
        )
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, self._rate)

    def run(self, folder: Path, progress: Progress, *, name: str = "fine-tuning") -> None:
        """Train to the end.

        Args:
            folder: where checkpoints go; one that is there is continued.
            name: of the progress task.

        Raises:
            EncoderError: the loss is no longer a number.
        """
        torch.manual_seed(self._settings.seed)
        module, total = self._objective.module, self._settings.steps
        checkpoint = Checkpoint(folder, module, self._optimizer, self._schedule)
        done = checkpoint.restore()
        if done:
            progress.say(f"continuing {name} at step {done} of {total}")
        module.train()
        with progress.task(name, total) as advance:
            advance(done)
            for step, rows in self._steps(done):
                self._step(rows, step)
                advance(1)
                checkpoint.maybe_save(step)
        module.eval()

    def _steps(self, done: int) -> Iterator[tuple[int, Ints]]:
        """Steps that are not done, counted from 1, with their rows."""
        an_epoch = self._settings.steps // self._settings.epochs
        for epoch in range(done // an_epoch, self._settings.epochs):
            lengths = self._objective.begin_epoch(epoch)
            order = batches(lengths, self._settings.batch_size, self._settings.seed + epoch)
            for step, rows in enumerate(order, start=epoch * an_epoch + 1):
                if step > done:
                    yield step, rows

    def _step(self, rows: Ints, step: int) -> None:
        loss = self._objective.loss(rows, (step - 1) / self._settings.steps)
        if not torch.isfinite(loss):
            raise EncoderError("The training loss is no longer a number.", fix="Lower `learning_rate`.")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it untyped
        torch.nn.utils.clip_grad_norm_(self._objective.module.parameters(), 1.0)
        self._optimizer.step()
        self._schedule.step()

    def _rate(self, step: int) -> float:
        warmup = max(1.0, self._settings.warmup_share * self._settings.steps)
        return min(1.0, (step + 1) / warmup) * max(0.0, 1 - step / self._settings.steps)
