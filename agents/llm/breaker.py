"""A model that has stopped answering is left alone for a while, and tried again by one request.

::

    closed ── failures in a row over some seconds ──► open ── pause ──► half-open ── answer ──► closed
                                                       ▲                    │
                                                       └───── failure ──────┘

Own code, because one state must hold for threads and event loops alike and only one probe may go out.
purgatory 3.0 has one breaker for threads and another for asyncio, and no lock; aiobreaker 1.2 knows asyncio
only; pybreaker 1.4 is asynchronous under Tornado only; circuitbreaker 2.1 lets every caller probe.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from agents.llm.failures import http_status, is_transport_failure, retry_after_s
from catalog.errors import LLMUnavailable

logger = logging.getLogger(__name__)

State = Literal["closed", "open", "half-open"]

_BUSY = frozenset({408, 409, 425, 429})
"""The server lives and asks for patience; counts only when a request has used up its tries."""
_SHUT_OUT = frozenset({401, 402, 403, 404})
"""No request can succeed as things are."""
_SERVER_ERRORS = 500
_LONGEST_PAUSES = 10


class CircuitBreaker:
    """Opens after `failures` in a row that span `for_s` seconds; safe over threads and event loops.

    The span keeps a short break of the network, in which all requests under way fail at once, from counting
    as an outage: retries bridge it.

    Args:
        name: of the model, for messages.
        failures: requests that failed in a row.
        for_s: seconds since the first of them.
        pause_s: seconds until one request may try again; a Retry-After of up to ten times that is honoured.
        clock: seconds.

    Attributes:
        opened: how often it opened.
        refused: requests that were not sent because it was open.
    """

    def __init__(
        self,
        name: str = "the model",
        *,
        failures: int = 8,
        for_s: float = 5.0,
        pause_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.opened = 0
        self.refused = 0
        self._failures = failures
        self._for_s = for_s
        self._pause_s = pause_s
        self._clock = clock
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._in_a_row = 0
        self._first = 0.0
        self._until = 0.0
        self._last = ""

    @property
    def state(self) -> State:
        return self._state

    def check(self) -> None:
        """Raise at once where a request would not be sent, before it waits in line.

        Raises:
            LLMUnavailable: the model counts as down.
        """
        with self._lock:
            if self._shut():
                raise self._refusal()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Around one request.

        Raises:
            LLMUnavailable: the model counts as down; nothing was sent.
        """
        self._admit()
        try:
            yield
        except Exception as error:
            self._judge(error)
            raise
        except BaseException:
            self._abandoned()
            raise
        self._succeeded()

    def gave_up(self, error: BaseException) -> None:
        """A request used up its tries; those that asked for patience count now."""
        if http_status(error) in _BUSY:
            self._failed(error)

    def _admit(self) -> None:
        with self._lock:
            if self._shut():
                raise self._refusal()
            if self._state == "open":
                self._state = "half-open"
                logger.info("`%s` counts as down: one request tries it again", self.name)

    def _shut(self) -> bool:
        return self._state == "half-open" or (self._state == "open" and self._clock() < self._until)

    def _refusal(self) -> LLMUnavailable:
        self.refused += 1
        return LLMUnavailable(
            f"`{self.name}` counts as down after {self._in_a_row} failures in a row, the last: {self._last}",
            fix="see whether the server runs, then ask again",
        )

    def _judge(self, error: Exception) -> None:
        """An error that is no failure of the way there is an answer, and shows that the model lives."""
        status = http_status(error)
        if status in _BUSY and self._state == "closed":
            return
        refused = status is not None and status < _SERVER_ERRORS and status not in _BUSY | _SHUT_OUT
        if is_transport_failure(error) and not refused:
            self._failed(error)
        else:
            self._succeeded()

    def _succeeded(self) -> None:
        with self._lock:
            if self._state == "half-open":
                logger.warning("`%s` answers again", self.name)
            if self._state != "open":  # a late answer from before the outage proves nothing
                self._state, self._in_a_row = "closed", 0

    def _abandoned(self) -> None:
        """A probe that was cancelled says nothing; the next request may probe."""
        with self._lock:
            if self._state == "half-open":
                self._state = "open"

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            now = self._clock()
            if self._in_a_row == 0:
                self._first = now
            self._in_a_row += 1
            self._last = f"HTTP {http_status(error)}" if http_status(error) else type(error).__name__
            lasting = self._in_a_row >= self._failures and now - self._first >= self._for_s
            if self._state == "half-open" or (self._state == "closed" and lasting):
                self._open(now, retry_after_s(error) or 0.0)

    def _open(self, now: float, asked_s: float) -> None:
        pause = max(self._pause_s, min(asked_s, _LONGEST_PAUSES * self._pause_s))
        log = logger.info
        if self._state == "closed":
            self.opened += 1
            log = logger.warning
        log(
            "`%s` counts as down: %d failures in a row, the last: %s; next try in %.0f s",
            *(self.name, self._in_a_row, self._last, pause),
        )
        self._state, self._until = "open", now + pause
