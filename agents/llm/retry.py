"""When a request is repeated, how long it waits, and what its last failure becomes."""

import datetime
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import httpx2
import openai
from langchain_core.exceptions import ModelConnectionError, ModelTimeoutError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
)

from catalog.errors import DualExpertError, LLMUnavailable

T = TypeVar("T")

RETRIED_STATUS = frozenset({408, 409, 429})
SERVER_ERRORS = 500
FIRST_ERROR_STATUS = 400

_TRANSPORT = (
    openai.APIConnectionError,  # timeouts too
    httpx.TransportError,
    httpx2.TransportError,
    ModelConnectionError,
    ModelTimeoutError,
    ConnectionError,
    TimeoutError,
)
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
        max_total_s: no try begins later than this many seconds after the first.
        base_s: longest wait before the second try; doubled for each later one.
        cap_s: longest wait that we choose ourselves; a server's Retry-After may be longer.
    """

    max_tries: int = 5
    max_total_s: float = 180.0
    base_s: float = 0.5
    cap_s: float = 20.0

    def call(self, send: Callable[[], T]) -> T:
        """Call `send` until it succeeds or the policy gives up.

        Raises:
            LLMUnavailable: the model was refused or did not answer; the last failure is its cause.
            whatever else `send` raises that is no failure of transport.
        """
        try:
            return Retrying(**self._settings())(send)
        except Exception as error:
            if not is_transport_failure(error):
                raise
            raise _unavailable(error) from error

    async def acall(self, send: Callable[[], Awaitable[T]]) -> T:
        """`call` for a coroutine function."""
        try:
            return await AsyncRetrying(**self._settings())(send)
        except Exception as error:
            if not is_transport_failure(error):
                raise
            raise _unavailable(error) from error

    def _settings(self) -> dict[str, Any]:
        return {
            "retry": retry_if_exception(is_retryable),
            "stop": stop_after_attempt(self.max_tries) | stop_before_delay(self.max_total_s),
            "wait": self._wait,
            "reraise": True,
        }

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the server asks for, else exponential, half of it random."""
        error = state.outcome.exception() if state.outcome else None
        asked = retry_after_s(error) if error else None
        longest = min(self.cap_s, self.base_s * 2 ** (state.attempt_number - 1))
        own = random.uniform(longest / 2, longest)
        return own if asked is None else asked + random.uniform(0, self.base_s)


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may succeed later: a lost connection, a timeout, 408, 409, 429 or 5xx."""
    status = http_status(error)
    if status is not None:
        return status in RETRIED_STATUS or status >= SERVER_ERRORS
    return any(isinstance(link, _TRANSPORT) for link in _chain(error))


def is_transport_failure(error: BaseException) -> bool:
    """Whether the request failed on its way (retryable or refused), rather than in our hands."""
    return http_status(error) is not None or is_retryable(error)


def http_status(error: BaseException) -> int | None:
    """The HTTP status that an error of any client stands for, if it is an error status."""
    for link in _chain(error):
        for holder in (link, getattr(link, "response", None)):
            status = getattr(holder, "status_code", None)
            # a client may hang a 200 response on an error of its own parsing
            if isinstance(status, int) and status >= FIRST_ERROR_STATUS:
                return status
    return None


def retry_after_s(error: BaseException) -> float | None:
    """Seconds that the server's Retry-After header asks to wait; None without a readable one."""
    for link in _chain(error):
        headers = getattr(getattr(link, "response", None), "headers", None)
        if headers is not None and (value := headers.get("retry-after")):
            return _parse_retry_after(value)
    return None


def _parse_retry_after(value: str) -> float | None:
    """Both forms of RFC 9110, section 10.2.3: seconds, or an HTTP date."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    now = datetime.datetime.now(datetime.UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max(0.0, (moment - now).total_seconds())


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, as far as they are not our own: what we raised has been decided."""
    link: BaseException | None = error
    while link is not None and not isinstance(link, DualExpertError):
        yield link
        link = link.__cause__


def _unavailable(error: Exception) -> LLMUnavailable:
    status = http_status(error)
    what = f"HTTP {status}" if status is not None else type(error).__name__
    return LLMUnavailable(
        f"the model did not answer: {what}, {str(error)[:500]!r}",
        fix=_FIXES.get(status or 0, "try again later"),
    )
