import logging
import threading
from itertools import pairwise

import pytest

from agents.llm.adaptive import AdaptiveLimiter


def rounds(limiter: AdaptiveLimiter, *overloaded: bool) -> None:
    """Requests one after the other, each begun under the limit of its time."""
    for each in overloaded:
        limiter.ended(limiter.begun(), overloaded=each)


def test_it_begins_at_the_limit_and_stays_without_overload() -> None:
    limiter = AdaptiveLimiter(16)
    rounds(limiter, *[False] * 100)
    assert (limiter.allowed, limiter.lowest, limiter.cuts) == (16, 16, 0)


def test_overload_halves_it_down_to_one() -> None:
    limiter, seen = AdaptiveLimiter(16), []
    for _ in range(20):
        rounds(limiter, True)
        seen.append(limiter.allowed)
    assert sorted(set(seen), reverse=True) == [16, 8, 4, 2, 1]
    assert (limiter.lowest, limiter.cuts) == (1, 4)


def test_a_few_refusals_among_many_answers_are_no_overload() -> None:
    limiter = AdaptiveLimiter(64)
    rounds(limiter, *([True] + [False] * 9) * 100)
    assert limiter.cuts == 0


def test_good_rounds_bring_it_back_step_by_step() -> None:
    limiter = AdaptiveLimiter(32)
    rounds(limiter, *[True] * 40)
    low, seen = limiter.allowed, []
    assert low <= 2
    for _ in range(2000):
        rounds(limiter, False)
        seen.append(limiter.allowed)
    steps = {after - before for before, after in pairwise(seen)}
    assert steps <= {0, 1, 2}
    assert (limiter.allowed, limiter.lowest) == (32, low)


def test_requests_from_before_a_cut_do_not_cut_again() -> None:
    limiter = AdaptiveLimiter(16)
    begun = [limiter.begun() for _ in range(16)]
    for each in begun:
        limiter.ended(each, overloaded=True)
    assert (limiter.allowed, limiter.cuts) == (8, 1)


def test_a_lower_limit_holds_for_those_who_wait() -> None:
    limiter = AdaptiveLimiter(2)
    limiter.acquire()
    limiter.acquire()
    rounds(limiter, True, True)
    assert limiter.allowed == 1
    waiting = threading.Thread(target=limiter.acquire, daemon=True)
    waiting.start()
    limiter.release()
    waiting.join(0.1)
    assert waiting.is_alive(), "one is under way, and one is allowed"
    limiter.release()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_higher_limit_lets_the_waiting_in() -> None:
    limiter = AdaptiveLimiter(2)
    rounds(limiter, True, True)
    limiter.acquire()
    waiting = threading.Thread(target=limiter.acquire, daemon=True)
    waiting.start()
    rounds(limiter, *[False] * 8)
    waiting.join(5)
    assert not waiting.is_alive()


def test_it_finds_what_a_server_can_take() -> None:
    """A server with 12 places that refuses the rest: the limit stays around it, from above and below."""
    limiter, seen = AdaptiveLimiter(64), []
    for _ in range(200):
        begun, sent = limiter.begun(), limiter.allowed
        for place in range(sent):
            limiter.ended(begun, overloaded=place >= 12)
        seen.append(limiter.allowed)
    settled = seen[50:]
    assert min(settled) >= 6
    assert max(settled) <= 24


def test_a_cut_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rounds(AdaptiveLimiter(8), True, True)
    (record,) = caplog.records
    assert "4 requests at once, not 8" in record.getMessage()
