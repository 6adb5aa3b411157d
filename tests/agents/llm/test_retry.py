import asyncio
import datetime
from email.utils import format_datetime

import httpx
import httpx2
import openai
import pytest
import tenacity

from agents.llm import retry
from agents.llm.retry import RetryPolicy, http_status, is_retryable, retry_after_s
from catalog.errors import LLMAnswerError, LLMUnavailable

QUICK = RetryPolicy(max_tries=4, max_total_s=5, base_s=0.001)


def openai_error(status: int, **headers: str) -> openai.APIStatusError:
    request = httpx2.Request("POST", "http://server/v1/chat/completions")
    response = httpx2.Response(status, request=request, headers=headers)
    return openai.APIStatusError(f"status {status}", response=response, body=None)


def httpx_error(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://server/v1/chat/completions")
    response = httpx.Response(status, request=request, headers=headers)
    return httpx.HTTPStatusError(f"status {status}", request=request, response=response)


def caused_by(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


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


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": ""}])
def test_unreadable_retry_after_is_none(headers: dict[str, str]) -> None:
    assert retry_after_s(openai_error(429, **headers)) is None


class Flaky:
    """Fails with each error in turn, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    async def wait(self) -> str:
        return self()


def run(policy: RetryPolicy, flaky: Flaky, way: str) -> str:
    if way == "sync":
        return policy.call(flaky)
    return asyncio.run(policy.acall(flaky.wait))


@pytest.mark.parametrize("way", ["sync", "async"])
class TestPolicy:
    def test_answers_after_failures(self, way: str) -> None:
        flaky = Flaky(openai_error(500), httpx.ConnectError("refused"), openai_error(429))
        assert run(QUICK, flaky, way) == "answer"
        assert flaky.calls == 4

    def test_tries_are_capped_and_the_last_failure_is_the_cause(self, way: str) -> None:
        errors = [
            openai_error(500),
            openai_error(502),
            openai_error(503),
            openai_error(529),
            openai_error(500),
        ]
        flaky = Flaky(*errors)
        with pytest.raises(LLMUnavailable, match="HTTP 529") as caught:
            run(QUICK, flaky, way)
        assert flaky.calls == 4
        assert caught.value.__cause__ is errors[3]

    def test_refusals_are_not_repeated(self, way: str) -> None:
        flaky = Flaky(openai_error(401))
        with pytest.raises(LLMUnavailable, match=r"HTTP 401.*check the API key"):
            run(QUICK, flaky, way)
        assert flaky.calls == 1

    def test_other_errors_pass_untouched(self, way: str) -> None:
        flaky = Flaky(ValueError("a bug"))
        with pytest.raises(ValueError, match="a bug"):
            run(QUICK, flaky, way)
        assert flaky.calls == 1

    def test_a_wait_beyond_the_budget_is_not_begun(self, way: str) -> None:
        flaky = Flaky(openai_error(429, **{"Retry-After": "3600"}))
        with pytest.raises(LLMUnavailable, match=r"HTTP 429.*max_concurrency"):
            run(QUICK, flaky, way)
        assert flaky.calls == 1


def test_waits_grow_are_capped_and_follow_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(retry, "Retrying", lambda **kwargs: tenacity.Retrying(**kwargs, sleep=waits.append))
    failures = [openai_error(500)] * 5 + [openai_error(503, **{"Retry-After": "9"})]
    RetryPolicy(max_tries=9, max_total_s=1000, base_s=1, cap_s=4).call(Flaky(*failures))
    for wait, longest in zip(waits[:5], [1, 2, 4, 4, 4], strict=True):
        assert longest / 2 <= wait <= longest
    assert 9 <= waits[5] <= 10
