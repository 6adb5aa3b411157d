"""Training state on disk, so that a killed run continues where it stood."""

import os
import time
from pathlib import Path
from typing import Any

import torch

SECONDS_BETWEEN = 60.0


class Checkpoint:
    """Saves at most once in `SECONDS_BETWEEN`, atomically; one file, replaced each time.

    Args:
        module: all that is trained.
    """

    def __init__(
        self,
        folder: Path,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> None:
        self._path = folder / "checkpoint.pt"
        self._module = module
        self._optimizer = optimizer
        self._schedule = schedule
        self._last = time.monotonic()

    def maybe_save(self, step: int) -> None:
        if time.monotonic() - self._last < SECONDS_BETWEEN:
            return
        state = {
            "step": step,
            "module": self._module.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "random": torch.get_rng_state(),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".writing")
        torch.save(state, beside)
        os.replace(beside, self._path)
        self._last = time.monotonic()

    def restore(self) -> int:
        """Load the last state; returns the steps done, 0 without a checkpoint."""
        if not self._path.exists():
            return 0
        # weights_only: a checkpoint holds tensors and numbers, never code.
        state: dict[str, Any] = torch.load(self._path, weights_only=True)
        self._module.load_state_dict(state["module"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])
        return int(state["step"])
