"""What a batch has paid so far, where all who ask the language model for it can add to it."""

import threading
from typing import Protocol


class Purse(Protocol):
    """A sum of USD that several may add to."""

    def reset(self, amount: float) -> None:
        """So much was paid before."""

    def add(self, amount: float) -> None:
        """So much was paid now."""

    @property
    def total(self) -> float:
        """All of it."""


class OwnPurse:
    """The purse of one process; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = 0.0

    def reset(self, amount: float) -> None:
        with self._lock:
            self._total = amount

    def add(self, amount: float) -> None:
        with self._lock:
            self._total += amount

    @property
    def total(self) -> float:
        return self._total
