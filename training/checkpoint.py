"""Training state on disk, so that a killed run continues where it stood."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

SECONDS_BETWEEN = 60.0


class Checkpoint:
    """Saves at most once in `SECONDS_BETWEEN`, atomically; one file, replaced each time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint.pt"
        self._last = time.monotonic()

    def maybe_save(
        self,
        step: int,
        module: torch.nn.Module,
        head: Mapping[str, torch.nn.Parameter],
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> None:
        if time.monotonic() - self._last < SECONDS_BETWEEN:
            return
        state = {
            "step": step,
            "module": module.state_dict(),
            "head": {name: p.detach() for name, p in head.items()},
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "random": torch.get_rng_state(),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".writing")
        torch.save(state, beside)
        os.replace(beside, self._path)
        self._last = time.monotonic()

    def restore(
        self,
        module: torch.nn.Module,
        head: Mapping[str, torch.nn.Parameter],
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> int:
        """Load the last state into the arguments; returns the steps done, 0 without a checkpoint."""
        if not self._path.exists():
            return 0
        # weights_only: a checkpoint holds tensors and numbers, never code.
        state: dict[str, Any] = torch.load(self._path, weights_only=True)
        module.load_state_dict(state["module"])
        with torch.no_grad():
            for name, parameter in head.items():
                parameter.copy_(state["head"][name])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])
        return int(state["step"])
