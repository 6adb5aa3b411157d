"""How requests travel to one model: limited, retried, and not sent at all while it counts as down.

A request that waits for its next try lends its place to others, and comes back at the head of the line.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from agents.llm.adaptive import AdaptiveLimiter
from agents.llm.breaker import CircuitBreaker, State
from agents.llm.failures import is_overload
from agents.llm.limiter import Limiter
from agents.llm.retry import RetryPolicy
from catalog.errors import LLMUnavailable

T = TypeVar("T")


class TrafficReport(BaseModel):
    """Attributes:
    limit: requests at once that the settings allow.
    allowed: at the end; `lowest` is the smallest limit that was in force.
    cuts: how often overload halved it.
    breaker: state of the circuit breaker at the end.
    opened: how often the model counted as down.
    refused: requests that were not sent meanwhile.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int
    allowed: int
    lowest: int
    cuts: int
    breaker: State
    opened: int
    refused: int


@dataclass(frozen=True)
class Traffic:
    """Shared by all that asks one model, from any thread or event loop.

    Args:
        limiter: bounds the requests under way.
        retry: when and how often a request is repeated.
        breaker: leaves a model alone that has stopped answering.
        slow_s: an answer that took longer shows overload.
    """

    limiter: Limiter = field(default_factory=lambda: Limiter(16))
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    slow_s: float = math.inf

    def call(self, send: Callable[[], T]) -> T:
        """Send a request, again if need be.

        Raises:
            LLMUnavailable: refused, no answer within the tries, or the model counts as down.
            whatever else `send` raises that is no failure of transport.
        """
        self.breaker.check()
        place = _Place(self.limiter)
        place.take()

        def once() -> T:
            with self._watched():
                return send()

        try:
            return self.retry.call(once, place.rest)
        except LLMUnavailable as error:
            self._gave_up(error)
            raise
        finally:
            place.leave()

    async def acall(self, send: Callable[[], Awaitable[T]]) -> T:
        """`call` for a coroutine function."""
        self.breaker.check()
        place = _Place(self.limiter)
        await place.atake()

        async def once() -> T:
            with self._watched():
                return await send()

        try:
            return await self.retry.acall(once, place.arest)
        except LLMUnavailable as error:
            self._gave_up(error)
            raise
        finally:
            place.leave()

    def report(self) -> TrafficReport:
        """What the traffic came to so far."""
        adaptive = self.limiter if isinstance(self.limiter, AdaptiveLimiter) else None
        return TrafficReport(
            limit=self.limiter.limit,
            allowed=self.limiter.allowed,
            lowest=adaptive.lowest if adaptive else self.limiter.limit,
            cuts=adaptive.cuts if adaptive else 0,
            breaker=self.breaker.state,
            opened=self.breaker.opened,
            refused=self.breaker.refused,
        )

    def _gave_up(self, error: LLMUnavailable) -> None:
        if error.__cause__ is not None:
            self.breaker.gave_up(error.__cause__)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """One request, seen by the breaker and by the limiter."""
        with self.breaker.attempt():
            begun, start = self.limiter.begun(), time.monotonic()
            try:
                yield
            except Exception as error:
                self.limiter.ended(begun, overloaded=is_overload(error))
                raise
            self.limiter.ended(begun, overloaded=time.monotonic() - start > self.slow_s)


class _Place:
    """One request's place under a limiter; given back whatever happens, and once."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._held = False

    def take(self, *, front: bool = False) -> None:
        self._limiter.acquire(front=front)
        self._held = True

    async def atake(self, *, front: bool = False) -> None:
        await self._limiter.aacquire(front=front)
        self._held = True

    def leave(self) -> None:
        if self._held:
            self._held = False
            self._limiter.release()

    def rest(self, seconds: float) -> None:
        """Sleep without the place."""
        self.leave()
        time.sleep(seconds)
        self.take(front=True)

    async def arest(self, seconds: float) -> None:
        """`rest` without blocking the event loop."""
        self.leave()
        await asyncio.sleep(seconds)
        await self.atake(front=True)
