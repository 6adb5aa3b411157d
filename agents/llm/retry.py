"""When a request is repeated, how long it waits, and what its last failure becomes."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
)
from tenacity.stop import stop_base

from agents.llm.failures import http_status, is_retryable, is_transport_failure, retry_after_s
from catalog.errors import LLMUnavailable

T = TypeVar("T")

_FIXES = {
    400: "the server's message above says what it refuses",
    401: "check the API key",
    403: "check what the API key may do",
    404: "check the model's name and the base URL",
    429: "lower `max_concurrency`, or wait",
}


@dataclass(frozen=True)
class RetryPolicy:
    """Bounded repetition of one request.

    Args:
        max_tries: requests in all, the first included.
        max_total_s: no try begins later than this many seconds after the first; a server that asks to wait
            longer than what is left is not waited for.
        base_s: longest wait before the second try; doubled for each later one.
        cap_s: longest wait that we choose ourselves; a server's Retry-After may be longer.
        max_asked_s: longest Retry-After that is waited for; a longer one ends the tries at once.
    """

    max_tries: int = 5
    max_total_s: float = 180.0
    base_s: float = 0.5
    cap_s: float = 20.0
    max_asked_s: float = 60.0

    def call(self, send: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
        """Call `send` until it succeeds or the policy gives up.

        Args:
            sleep: waits so many seconds.

        Raises:
            LLMUnavailable: the model was refused or did not answer; the last failure is its cause.
            whatever else `send` raises that is no failure of transport.
        """
        try:
            return Retrying(**self._settings(), sleep=sleep)(send)
        except Exception as error:
            if not is_transport_failure(error):
                raise
            raise _unavailable(error) from error

    async def acall(
        self,
        send: Callable[[], Awaitable[T]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> T:
        """`call` for a coroutine function."""
        try:
            return await AsyncRetrying(**self._settings(), sleep=sleep)(send)
        except Exception as error:
            if not is_transport_failure(error):
                raise
            raise _unavailable(error) from error

    def _settings(self) -> dict[str, Any]:
        stops = stop_after_attempt(self.max_tries) | stop_before_delay(self.max_total_s)
        return {
            "retry": retry_if_exception(is_retryable),
            "stop": stops | _AskedTooLong(self.max_asked_s),
            "wait": self._wait,
            "reraise": True,
        }

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the server asks for, else exponential, half of it random."""
        asked = _asked_s(state)
        longest = min(self.cap_s, self.base_s * 2 ** (state.attempt_number - 1))
        own = random.uniform(longest / 2, longest)
        return own if asked is None else asked + random.uniform(0, self.base_s)


@dataclass(frozen=True)
class _AskedTooLong(stop_base):
    """The server asks to wait longer than `most_s` seconds."""

    most_s: float

    def __call__(self, retry_state: RetryCallState) -> bool:
        return (_asked_s(retry_state) or 0.0) > self.most_s


def _asked_s(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return retry_after_s(error) if error else None


def _unavailable(error: Exception) -> LLMUnavailable:
    status = http_status(error)
    what = f"HTTP {status}" if status is not None else type(error).__name__
    return LLMUnavailable(
        f"the model did not answer: {what}, {str(error)[:500]!r}",
        fix=_FIXES.get(status or 0, "try again later"),
    )
