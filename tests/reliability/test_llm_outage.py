"""A language model that is down, limps or floods costs no product its verdict, nor endless time or memory."""

import contextlib
import dataclasses
import datetime
import logging
import threading
import time
from email.utils import format_datetime

import pytest

from agents.llm.breaker import CircuitBreaker
from agents.llm.factory import build_llm
from agents.llm.retry import RetryPolicy
from catalog.product import Product
from graph.build import build_graph
from graph.context import Context
from graph.open import Opening, open_experts
from tests.fakes.openai_server import OpenAIServer, RecordedRequest, hang, ok, reset, status

GOOD = {"clues": ["mat"], "user": "u", "use_case": "c", "ranking": [2, 1], "reason": "r"}


def products(count):
    return [Product(product_id=f"p{i}", title=f"Yoga mat {i} mm") for i in range(count)]


class Setup:
    """A graph over the small workspace with one model behind a URL; everything is uncertain."""

    def __init__(self, workspace_dir, url, *, timeout_s=0.5, slots=16, retry=None, **breaker):
        llm = build_llm("any", base_url=url, timeout_s=timeout_s, max_concurrency=slots)
        traffic = dataclasses.replace(
            llm.traffic,
            retry=retry or RetryPolicy(max_tries=2, base_s=0.01),
            breaker=CircuitBreaker("any", **{"for_s": 0.0, **breaker}),
        )
        self.llm = dataclasses.replace(llm, traffic=traffic)
        experts = open_experts(Opening(workspace_dir, llm=self.llm, device="cpu"))
        # the summarizer would ask for definitions first, and the tests count what the general expert asks
        self._graph = build_graph(dataclasses.replace(experts, summarizer=None))

    def classify(self, count):
        found = self._graph.invoke(
            {"products": products(count)},
            {"max_concurrency": self.llm.limiter.limit},
            context=Context(threshold=1.0),
        )["verdicts"]
        assert [v.product_id for v in found] == [f"p{i}" for i in range(count)]
        return found


def statuses(verdicts):
    return {v.status for v in verdicts}


def test_a_model_that_is_down_is_asked_a_few_times_and_not_once_a_product(workspace_dir, caplog):
    caplog.set_level(logging.WARNING, logger="agents.llm")
    with OpenAIServer([status(500)]) as server:
        setup = Setup(workspace_dir, server.base_url, slots=4, failures=6)
        found = setup.classify(60)
    assert statuses(found) == {"degraded"}
    assert len(server.requests) <= 6 + 4, "those under way when it opened"
    assert sum("counts as down" in (v.error or "") for v in found) >= 50
    told = [r.getMessage() for r in caplog.records if r.name == "agents.llm.breaker"]
    assert len(told) == 1
    assert "`any` counts as down" in told[0]


def test_a_model_that_comes_back_is_noticed_by_one_probe(workspace_dir):
    down = threading.Event()
    down.set()
    with OpenAIServer(lambda request: status(503) if down.is_set() else ok(GOOD)) as server:
        setup = Setup(workspace_dir, server.base_url, slots=4, failures=4, pause_s=0.3)
        assert statuses(setup.classify(20)) == {"degraded"}
        down.clear()
        time.sleep(0.35)
        before = len(server.requests)
        assert statuses(setup.classify(1)) <= {"deliberated", "review"}
        assert len(server.requests) == before + 1
        assert statuses(setup.classify(20)) <= {"deliberated", "review"}
    assert setup.llm.traffic.report().opened == 1
    assert setup.llm.traffic.report().breaker == "closed"


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured_in_both_forms(workspace_dir, form):
    asked_s, times = 1.0, []

    def behave(request: RecordedRequest):
        times.append(time.time())
        if len(times) > 1:
            return ok(GOOD)
        # a date has no fractions of a second
        moment = datetime.datetime.fromtimestamp(int(times[0]) + asked_s + 1, datetime.UTC)
        header = "1" if form == "seconds" else format_datetime(moment, usegmt=True)
        return status(429, retry_after=header)

    with OpenAIServer(behave) as server:
        (verdict,) = Setup(workspace_dir, server.base_url).classify(1)
    assert verdict.error is None
    assert times[1] - times[0] >= asked_s


@pytest.mark.parametrize("asked", ["3600", "Fri, 31 Dec 9999 23:59:59 GMT", "inf"])
def test_a_retry_after_beyond_reason_is_not_waited_for(workspace_dir, asked):
    with OpenAIServer([status(429, retry_after=asked)]) as server:
        found = Setup(workspace_dir, server.base_url, retry=RetryPolicy()).classify(2)
    assert statuses(found) == {"degraded"}
    assert len(server.requests) == 2


def test_a_tenth_of_the_calls_failing_loses_and_degrades_nothing(workspace_dir):
    faults, lock, seen = [status(500), reset(), status(429, retry_after="0"), hang(), status(503)], [], []
    guard = threading.Lock()

    def behave(request: RecordedRequest):
        with guard:
            seen.append(request)
            if len(seen) % 10 == 0:
                lock.append(faults[len(seen) // 10 % len(faults)])
                return lock[-1]
        return ok(GOOD)

    with OpenAIServer(behave) as server:
        retry = RetryPolicy(max_tries=5, base_s=0.01)
        setup = Setup(workspace_dir, server.base_url, retry=retry, failures=8)
        found = setup.classify(100)
    assert statuses(found) <= {"deliberated", "review"}
    assert len(lock) >= 10
    assert setup.llm.traffic.report().opened == 0


def test_ten_megabytes_are_not_read(workspace_dir):
    """The client reads 1 MiB and hangs up, so the server cannot send the rest."""
    sent = []

    def flood(handler, _: RecordedRequest):
        handler.send_response(200)
        handler.send_header("Content-Length", str(10 << 20))
        handler.end_headers()
        sent.append(0)
        with contextlib.suppress(OSError):
            for _ in range(160):
                handler.wfile.write(b"x" * (1 << 16))
                sent[-1] += 1 << 16
        handler.close_connection = True

    with OpenAIServer([flood]) as server:
        (verdict,) = Setup(workspace_dir, server.base_url, timeout_s=20).classify(1)
    assert verdict.status == "degraded"
    assert "longer than 1048576 bytes" in verdict.error
    assert len(sent) == 2, "asked, and asked to repair"
    assert max(sent) < 9 << 20, "what lies in the socket's buffers aside"


def drip():
    """A byte now and then: never silent for long, never done."""

    def behave(handler, _: RecordedRequest):
        handler.send_response(200)
        handler.end_headers()
        try:
            while not handler.stopping.wait(0.02):
                handler.wfile.write(b" ")
        except OSError:
            pass  # the client has hung up, as it should

    return behave


def test_a_dripping_answer_ends_by_the_timeout(workspace_dir):
    with OpenAIServer([drip()]) as server:
        start = time.monotonic()
        found = Setup(workspace_dir, server.base_url, timeout_s=0.3).classify(1)
        assert time.monotonic() - start < 20
    assert statuses(found) == {"degraded"}
    assert len(server.requests) == 2


def test_an_overloaded_server_is_asked_less_at_once(workspace_dir):
    """It takes two at once and refuses the rest."""
    inside, guard, most = [0], threading.Lock(), []

    def behave(request: RecordedRequest):
        def answer(handler, recorded):
            with guard:
                inside[0] += 1
                most.append(inside[0])
                refused = inside[0] > 2
            time.sleep(0.03)
            (status(429, retry_after="0") if refused else ok(GOOD))(handler, recorded)
            with guard:
                inside[0] -= 1

        return answer

    with OpenAIServer(behave) as server:
        retry = RetryPolicy(max_tries=12, base_s=0.02)
        setup = Setup(workspace_dir, server.base_url, timeout_s=5, retry=retry, failures=1000)
        found = setup.classify(60)
    assert statuses(found) <= {"deliberated", "review"}
    report = setup.llm.traffic.report()
    assert report.lowest <= 4
    assert report.cuts >= 2
    assert max(most) > 2
