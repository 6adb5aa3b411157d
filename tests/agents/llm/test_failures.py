import datetime
from email.utils import format_datetime

import httpx
import httpx2
import openai
import pytest

from agents.llm.failures import decided, http_status, is_overload, is_retryable, retry_after_s
from catalog.errors import LLMAnswerError, LLMUnavailable
from tests.fakes.client_errors import caused_by, httpx_error, openai_error

REQUEST = httpx2.Request("POST", "http://server")


@pytest.mark.parametrize("make", [openai_error, httpx_error])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, True) for status in (408, 409, 429, 500, 502, 503, 529)),
        *((status, False) for status in (400, 401, 403, 404, 422)),
    ],
)
def test_which_statuses_are_retried(make: type[Exception], status: int, expected: bool) -> None:
    assert is_retryable(make(status)) is expected
    assert http_status(make(status)) == status


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (openai.APIConnectionError(request=REQUEST), True),
        (openai.APITimeoutError(request=REQUEST), True),
        (httpx.ConnectError("refused"), True),
        (httpx.ReadTimeout("slow"), True),
        (httpx2.RemoteProtocolError("closed"), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (caused_by(RuntimeError("a provider's own kind"), httpx.ConnectError("refused")), True),
        (caused_by(RuntimeError("a provider's own kind"), openai_error(503)), True),
        (caused_by(RuntimeError("a provider's own kind"), openai_error(403)), False),
        (ValueError("a bug"), False),
        (LLMAnswerError("unusable"), False),
        (caused_by(openai.APIConnectionError(request=REQUEST), LLMAnswerError("too long")), False),
        (caused_by(LLMUnavailable("has been retried already"), httpx.ConnectError("refused")), False),
    ],
)
def test_which_errors_are_retried(error: Exception, expected: bool) -> None:
    assert is_retryable(error) is expected


def test_an_ok_response_on_an_error_is_no_error_status() -> None:
    error = ValueError("cannot parse")
    error.response = httpx2.Response(200, request=REQUEST)  # type: ignore[attr-defined]  # langchain-openai does it
    assert http_status(error) is None


@pytest.mark.parametrize(("header", "expected"), [("7", 7), ("0.5", 0.5), ("-3", 0)])
def test_retry_after_in_seconds(header: str, expected: float) -> None:
    for make in (openai_error, httpx_error):
        assert retry_after_s(make(429, **{"Retry-After": header})) == expected


def in_seconds(seconds: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)


def test_retry_after_as_a_date() -> None:
    later = retry_after_s(openai_error(429, **{"Retry-After": format_datetime(in_seconds(60), usegmt=True)}))
    assert later is not None
    assert 50 <= later <= 60
    assert retry_after_s(openai_error(429, **{"Retry-After": format_datetime(in_seconds(-60))})) == 0


def test_date_without_a_zone_is_utc() -> None:
    header = format_datetime(in_seconds(60).replace(tzinfo=None))
    seconds = retry_after_s(openai_error(429, **{"Retry-After": header}))
    assert seconds is not None
    assert 50 <= seconds <= 60


@pytest.mark.parametrize(
    "headers", [{}, {"Retry-After": "soon"}, {"Retry-After": ""}, {"Retry-After": "Mon, 99 Jan 2020"}]
)
def test_unreadable_retry_after_is_none(headers: dict[str, str]) -> None:
    assert retry_after_s(openai_error(429, **headers)) is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        *((openai_error(status), True) for status in (429, 503, 529)),
        *((openai_error(status), False) for status in (400, 408, 500)),
        (openai.APITimeoutError(request=REQUEST), True),
        (caused_by(RuntimeError("a provider's own kind"), httpx.ReadTimeout("slow")), True),
        (httpx.ConnectError("refused"), False),
        (ValueError("a bug"), False),
    ],
)
def test_which_errors_show_overload(error: Exception, expected: bool) -> None:
    assert is_overload(error) is expected


def test_our_own_error_is_found_behind_the_clients() -> None:
    ours = LLMAnswerError("too long")
    assert decided(caused_by(RuntimeError("client"), ours)) is ours
    assert decided(RuntimeError("client")) is None
