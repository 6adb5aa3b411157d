import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.llm.adaptive import AdaptiveLimiter
from agents.llm.breaker import CircuitBreaker
from agents.llm.limiter import Limiter
from agents.llm.retry import RetryPolicy
from agents.llm.traffic import Traffic
from catalog.errors import LLMUnavailable
from tests.fakes.client_errors import openai_error

QUICK = RetryPolicy(max_tries=3, max_total_s=5, base_s=0.01)


def traffic(limit: int = 1, *, failures: int = 100, retry: RetryPolicy = QUICK) -> Traffic:
    breaker = CircuitBreaker("m", failures=failures, for_s=0.0)
    return Traffic(AdaptiveLimiter(limit), retry, breaker)


class Script:
    """Raises each error in turn, then answers; may be called either way."""

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


def send(through: Traffic, script: Script, way: str) -> str:
    if way == "sync":
        return through.call(script)
    return asyncio.run(through.acall(script.wait))


WAYS = pytest.mark.parametrize("way", ["sync", "async"])


@WAYS
def test_failures_are_retried_and_the_place_is_given_back(way: str) -> None:
    one = traffic()
    for _ in range(3):
        assert send(one, Script(openai_error(500), openai_error(503)), way) == "answer"


@WAYS
@pytest.mark.parametrize("error", [openai_error(500), openai_error(401), ValueError("a bug")])
def test_a_failure_gives_the_place_back(way: str, error: Exception) -> None:
    one = traffic()
    with pytest.raises((LLMUnavailable, ValueError)):
        send(one, Script(*[error] * 3), way)
    assert send(one, Script(), way) == "answer"


@WAYS
def test_a_model_that_counts_as_down_is_not_asked(way: str) -> None:
    down = traffic(failures=2)
    script = Script(*[openai_error(500)] * 3)
    with pytest.raises(LLMUnavailable, match="counts as down"):
        send(down, script, way)
    assert script.calls == 2, "the retry met the open breaker"
    untouched = Script()
    with pytest.raises(LLMUnavailable, match="counts as down after 2 failures in a row"):
        send(down, untouched, way)
    assert untouched.calls == 0
    report = down.report()
    assert (report.breaker, report.opened, report.refused) == ("open", 1, 2)


def test_a_model_that_counts_as_down_is_not_waited_for() -> None:
    down = traffic(failures=1)
    with pytest.raises(LLMUnavailable):
        down.call(Script(openai_error(500)))
    with down.limiter, pytest.raises(LLMUnavailable, match="counts as down"):
        down.call(Script())


def test_tries_used_up_for_patience_count_as_one_failure() -> None:
    busy = traffic(failures=2)
    for expected in ("closed", "open"):
        with pytest.raises(LLMUnavailable, match="HTTP 429"):
            busy.call(Script(*[openai_error(429)] * 3))
        assert busy.breaker.state == expected


@WAYS
def test_who_waits_for_a_try_lends_the_place_and_comes_back_first(way: str) -> None:
    """One place: while the first request waits for its second try, the second is answered; the third was in
    line before that, and yet comes last."""
    one = traffic(retry=RetryPolicy(max_tries=2, base_s=0.2))
    order: list[str] = []
    second_sent, in_line = threading.Event(), threading.Event()

    def first() -> str:
        order.append("first")
        if order == ["first"]:
            raise openai_error(500)
        return "answer"

    def second() -> str:
        order.append("second")
        second_sent.set()
        in_line.wait(5)
        time.sleep(0.5)  # longer than the first one's wait
        return "answer"

    def third() -> str:
        order.append("third")
        return "answer"

    def ask(work: object) -> None:
        send(one, work, way)  # type: ignore[arg-type]  # only called

    if way == "async":
        for work in (first, second, third):
            work.wait = _awaited(work)  # type: ignore[attr-defined]
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(ask, first), pool.submit(_once, order, lambda: ask(second))]
        assert second_sent.wait(5)
        jobs.append(pool.submit(ask, third))
        _until(lambda: len(one.limiter._line) > 0)
        in_line.set()
        for job in jobs:
            job.result(10)
    assert order == ["first", "second", "first", "third"]


def test_a_cancelled_wait_gives_the_place_back_once() -> None:
    one = traffic(retry=RetryPolicy(max_tries=2, base_s=30))

    async def scenario() -> None:
        task = asyncio.create_task(one.acall(Script(openai_error(500)).wait))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await one.acall(Script().wait) == "answer"

    asyncio.run(scenario())
    assert one.limiter._held == 0


def test_overload_and_slow_answers_lower_the_limit() -> None:
    busy = traffic(8)
    for _ in range(4):
        busy.call(Script(openai_error(429)))
    assert busy.report().cuts > 0
    slow = Traffic(AdaptiveLimiter(8), slow_s=0.0)
    slow.call(Script())
    slow.call(Script())
    assert (slow.report().lowest, slow.report().cuts) == (4, 1)


def test_a_fixed_limit_reports_itself() -> None:
    report = Traffic(Limiter(5)).report()
    assert (report.limit, report.allowed, report.lowest, report.cuts, report.breaker) == (
        5,
        5,
        5,
        0,
        "closed",
    )


def _awaited(work):  # type: ignore[no-untyped-def]
    async def wait() -> str:
        return await asyncio.to_thread(work)

    return wait


def _once(order: list[str], then) -> None:  # type: ignore[no-untyped-def]
    _until(lambda: bool(order))
    then()


def _until(true) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 5
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
