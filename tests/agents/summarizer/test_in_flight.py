import threading
from concurrent.futures import wait

import pytest

from agents.summarizer.in_flight import InFlight


def test_a_key_that_is_under_way_is_not_worked_on_twice() -> None:
    go, calls = threading.Event(), []

    def work() -> str:
        calls.append(1)
        go.wait(10)
        return "done"

    flight: InFlight[str] = InFlight(4)
    futures = [flight.submit("key", work) for _ in range(5)]
    go.set()
    assert [future.result() for future in futures] == ["done"] * 5
    assert len(calls) == 1


def test_a_key_that_is_done_can_be_worked_on_again() -> None:
    flight: InFlight[int] = InFlight(1)
    assert flight.submit("key", lambda: 1).result() == 1
    assert flight.submit("key", lambda: 2).result() == 2


def test_a_failure_reaches_everyone_who_waits_and_is_forgotten() -> None:
    go = threading.Event()

    def fail() -> int:
        go.wait(10)
        raise RuntimeError("no")

    flight: InFlight[int] = InFlight(1)
    futures = [flight.submit("key", fail) for _ in range(2)]
    go.set()
    for future in futures:
        with pytest.raises(RuntimeError):
            future.result()
    assert flight.submit("key", lambda: 2).result() == 2


def test_no_more_than_the_limit_run_at_once() -> None:
    barrier, lock = threading.Barrier(3, timeout=10), threading.Lock()
    now, most = 0, 0

    def work() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        barrier.wait()
        with lock:
            now -= 1

    flight: InFlight[None] = InFlight(3)
    wait([flight.submit(str(i), work) for i in range(9)])
    assert most == 3
