import logging
import threading
from collections.abc import Callable

import httpx
import pytest

from agents.llm.breaker import CircuitBreaker
from catalog.errors import LLMAnswerError, LLMUnavailable
from tests.fakes.client_errors import caused_by, openai_error

LOST = httpx.ConnectError("refused")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("m", failures=3, for_s=2.0, pause_s=10.0, clock=clock)


def fail(breaker: CircuitBreaker, error: BaseException = LOST) -> None:
    with pytest.raises(type(error)), breaker.attempt():
        raise error


def answer(breaker: CircuitBreaker) -> None:
    with breaker.attempt():
        pass


def open_it(breaker: CircuitBreaker, clock: Clock, error: Exception = LOST) -> None:
    for _ in range(3):
        fail(breaker, error)
        clock.now += 1


def test_failures_in_a_row_over_a_while_open_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    clock.now = 1.9
    fail(breaker)
    fail(breaker)
    assert breaker.state == "closed", "a short break of the network is bridged by retries"
    clock.now = 2.0
    fail(breaker)
    assert breaker.state == "open"
    with pytest.raises(LLMUnavailable, match=r"`m` counts as down after 4 failures in a row.*ConnectError"):
        breaker.check()
    with pytest.raises(LLMUnavailable, match="counts as down"):
        answer(breaker)
    assert (breaker.opened, breaker.refused) == (1, 2)


def test_an_answer_between_begins_the_row_anew(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(10):
        fail(breaker)
        fail(breaker)
        clock.now += 5
        answer(breaker)
    assert breaker.state == "closed"


def test_one_probe_after_the_pause_and_its_answer_closes(breaker: CircuitBreaker, clock: Clock) -> None:
    open_it(breaker, clock)
    clock.now += 10
    breaker.check()
    with breaker.attempt():
        assert breaker.state == "half-open"
        with pytest.raises(LLMUnavailable):
            answer(breaker)
        with pytest.raises(LLMUnavailable):
            breaker.check()
    assert breaker.state == "closed"
    fail(breaker)
    assert breaker.state == "closed", "the row begins anew"


@pytest.mark.parametrize("error", [LOST, openai_error(429), openai_error(500)])
def test_a_failed_probe_opens_it_again(breaker: CircuitBreaker, clock: Clock, error: Exception) -> None:
    open_it(breaker, clock)
    clock.now += 10
    fail(breaker, error)
    assert breaker.state == "open"
    clock.now += 9
    with pytest.raises(LLMUnavailable):
        breaker.check()
    clock.now += 1
    answer(breaker)
    assert (breaker.state, breaker.opened) == ("closed", 1)


def test_a_cancelled_probe_leaves_room_for_the_next(breaker: CircuitBreaker, clock: Clock) -> None:
    open_it(breaker, clock)
    clock.now += 10
    fail(breaker, KeyboardInterrupt())
    answer(breaker)
    assert breaker.state == "closed"


@pytest.mark.parametrize("code", [401, 402, 403, 404, 500, 503])
def test_what_no_request_can_mend_counts(breaker: CircuitBreaker, clock: Clock, code: int) -> None:
    open_it(breaker, clock, openai_error(code))
    assert breaker.state == "open"


@pytest.mark.parametrize(
    "error",
    [
        openai_error(400),
        openai_error(413),
        openai_error(422),
        LLMAnswerError("unusable"),
        ValueError("a bug"),
        caused_by(httpx.ReadError("cut"), LLMAnswerError("too long")),
    ],
)
def test_an_answer_nobody_can_use_shows_that_the_model_lives(
    breaker: CircuitBreaker, clock: Clock, error: Exception
) -> None:
    fail(breaker)
    fail(breaker)
    clock.now = 5
    fail(breaker, error)
    fail(breaker)
    assert breaker.state == "closed"


def test_a_server_that_asks_for_patience_counts_when_the_tries_are_used_up(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    busy = openai_error(429)
    open_it(breaker, clock, busy)
    assert breaker.state == "closed"
    for _ in range(3):
        breaker.gave_up(busy)
        clock.now += 1
    assert breaker.state == "open"


def test_other_failures_are_not_counted_twice(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    clock.now = 5
    breaker.gave_up(LOST)
    breaker.gave_up(LOST)
    assert breaker.state == "closed"


@pytest.mark.parametrize(("asked", "pause"), [("25", 25), ("5", 10), ("3600", 100)])
def test_it_waits_as_long_as_the_server_asks_within_reason(
    breaker: CircuitBreaker, clock: Clock, asked: str, pause: float
) -> None:
    open_it(breaker, clock, openai_error(503, **{"Retry-After": asked}))
    clock.now = 2 + pause - 0.1
    with pytest.raises(LLMUnavailable):
        breaker.check()
    clock.now = 2 + pause
    breaker.check()


def test_a_late_answer_does_not_close_it(breaker: CircuitBreaker, clock: Clock) -> None:
    with breaker.attempt():
        open_it(breaker, clock)
    assert breaker.state == "open"


def test_changes_are_told_once(
    breaker: CircuitBreaker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    open_it(breaker, clock)
    for _ in range(20):
        with pytest.raises(LLMUnavailable):
            breaker.check()
    clock.now += 10
    answer(breaker)
    answer(breaker)
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in told] == ["WARNING", "INFO", "WARNING"]
    assert "counts as down: 3 failures in a row, the last: ConnectError; next try in 10 s" in told[0][1]
    assert "answers again" in told[2][1]


def test_threads_let_one_probe_out(breaker: CircuitBreaker, clock: Clock) -> None:
    open_it(breaker, clock)
    clock.now += 10
    together, leave, sent = threading.Barrier(8), threading.Event(), []

    def probe() -> None:
        together.wait(5)
        try:
            with breaker.attempt():
                sent.append(1)
                leave.wait(5)
        except LLMUnavailable:
            sent.append(0)
            if len(sent) == 8:
                leave.set()

    run_all(probe, 8)
    assert sum(sent) == 1


def run_all(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
