import asyncio

import httpx
import pytest

from agents.llm.retry import RetryPolicy
from catalog.errors import LLMUnavailable
from tests.fakes.client_errors import openai_error

QUICK = RetryPolicy(max_tries=4, max_total_s=5, base_s=0.001)


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

    def test_a_server_that_asks_for_more_than_the_cap_is_not_waited_for(self, way: str) -> None:
        flaky = Flaky(openai_error(429, **{"Retry-After": "3"}))
        with pytest.raises(LLMUnavailable, match="HTTP 429"):
            run(RetryPolicy(max_tries=4, max_total_s=100, base_s=0.001, max_asked_s=2), flaky, way)
        assert flaky.calls == 1


def test_waits_grow_are_capped_and_follow_the_server() -> None:
    waits: list[float] = []
    failures = [openai_error(500)] * 5 + [openai_error(503, **{"Retry-After": "9"})]
    RetryPolicy(max_tries=9, max_total_s=1000, base_s=1, cap_s=4).call(Flaky(*failures), waits.append)
    for wait, longest in zip(waits[:5], [1, 2, 4, 4, 4], strict=True):
        assert longest / 2 <= wait <= longest
    assert 9 <= waits[5] <= 10
