"""What a batch has spent, whether it may spend more, and whether the language model has too little to do."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from agents.llm.limiter import Limiter
from agents.llm.prices import Price
from agents.llm.usage import Usage
from graph.batch.answers import Paid
from graph.batch.purse import OwnPurse, Purse

# While so many requests a slot are begun or wait in line, the slots stay busy until the next chunk has some.
_AHEAD = 2


class Spending:
    """Counts over all threads of a run.

    Args:
        price: of the language model; None where it is unknown or there is none.
        limit: USD that the batch may cost over all its runs; None for no limit. It needs a price.
        slots: requests that the language model takes at once; 0 without one.
        purse: where it is counted; None for one of this process.
    """

    def __init__(
        self,
        price: Price | None = None,
        limit: float | None = None,
        slots: int = 0,
        purse: Purse | None = None,
    ) -> None:
        self.price = price
        self._limit = limit
        self._slots = slots
        # Whoever waits in line when the limit is reached must not ask any more: the line is before the check.
        self._line: AbstractContextManager[None] = nullcontext() if limit is None else Limiter(max(1, slots))
        self._lock = threading.Lock()
        self._purse = purse or OwnPurse()
        self._waiting = 0
        self._began = time.monotonic()

    def begin(self, paid: float) -> None:
        """The run begins, and so much was paid before."""
        self._purse.reset(paid)
        self._began = time.monotonic()

    def charge(self, usage: Usage) -> Paid:
        """Count what requests used."""
        cost = None if self.price is None else self.price.of(usage)
        if cost:
            self._purse.add(cost)
        return Paid(usage, cost)

    @property
    def paid(self) -> float | None:
        """USD so far, the time of this run included; None without a price."""
        if self.price is None:
            return None
        return self._purse.total + self.price.second * (time.monotonic() - self._began)

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be spent."""
        return self._limit is not None and (self.paid or 0.0) >= self._limit

    @contextmanager
    def asking(self) -> Iterator[bool]:
        """Around a question to the language model, the wait for a slot included; tells whether it may be
        asked."""
        self._count(1)
        try:
            with self._line:
                yield not self.exhausted
        finally:
            self._count(-1)

    @property
    def starving(self) -> bool:
        """Whether the language model could run out of questions before the next chunk has some."""
        return self._waiting < _AHEAD * self._slots

    def _count(self, step: int) -> None:
        with self._lock:
            self._waiting += step
