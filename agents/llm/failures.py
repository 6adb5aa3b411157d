"""What an error of any client stands for: a status, a lost connection, a timeout, a wish to wait."""

import datetime
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx
import httpx2
import openai
from langchain_core.exceptions import ModelConnectionError, ModelTimeoutError

from catalog.errors import DualExpertError

RETRIED_STATUS = frozenset({408, 409, 429})
OVERLOADED_STATUS = frozenset({429, 503, 529})
SERVER_ERRORS = 500
FIRST_ERROR_STATUS = 400

_TIMEOUTS = (
    openai.APITimeoutError,
    httpx.TimeoutException,
    httpx2.TimeoutException,
    ModelTimeoutError,
    TimeoutError,
)
_TRANSPORT = (
    *_TIMEOUTS,
    openai.APIConnectionError,
    httpx.TransportError,
    httpx2.TransportError,
    ModelConnectionError,
    ConnectionError,
)


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may succeed later: a lost connection, a timeout, 408, 409, 429 or 5xx."""
    if decided(error) is not None:
        return False
    status = http_status(error)
    if status is not None:
        return status in RETRIED_STATUS or status >= SERVER_ERRORS
    return any(isinstance(link, _TRANSPORT) for link in _chain(error))


def is_transport_failure(error: BaseException) -> bool:
    """Whether the request failed on its way (retryable or refused), rather than in our hands."""
    return http_status(error) is not None or is_retryable(error)


def is_overload(error: BaseException) -> bool:
    """Whether the server shows that it has too much to do: 429, 503, 529 or a timeout."""
    if http_status(error) in OVERLOADED_STATUS:
        return True
    return any(isinstance(link, _TIMEOUTS) for link in _chain(error))


def decided(error: BaseException) -> DualExpertError | None:
    """Our own error among the error and its causes: clients wrap what we raise while they read an answer."""
    link: BaseException | None = error
    while link is not None and not isinstance(link, DualExpertError):
        link = link.__cause__
    return link


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
    except (ValueError, TypeError, OverflowError):
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
