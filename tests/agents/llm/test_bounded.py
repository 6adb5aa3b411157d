import asyncio
import time

import httpx2
import pytest

from agents.llm.bounded import Bounds
from catalog.errors import LLMAnswerError
from tests.fakes.openai_server import Behaviour, OpenAIServer, RecordedRequest, huge, ok

BODY = {"model": "m"}


def drip(pause_s: float) -> Behaviour:
    """A byte now and then: never silent for long, never done."""

    def behave(handler, _: RecordedRequest) -> None:  # type: ignore[no-untyped-def]
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        try:
            while not handler.stopping.wait(pause_s):
                handler.wfile.write(b" ")
        except OSError:
            pass  # the client has hung up, as it should

    return behave


def post(bounds: Bounds, url: str, way: str) -> httpx2.Response:
    if way == "sync":
        with bounds.client() as client:
            return client.post(url, json=BODY, timeout=5)

    async def waiting() -> httpx2.Response:
        async with bounds.async_client() as client:
            return await client.post(url, json=BODY, timeout=5)

    return asyncio.run(waiting())


@pytest.mark.parametrize("way", ["sync", "async"])
class TestBounds:
    def test_an_answer_within_the_bounds_arrives(self, way: str) -> None:
        with OpenAIServer([ok({"pick": 2})]) as server:
            response = post(Bounds(10_000, 5), f"{server.base_url}/chat/completions", way)
        assert response.json()["choices"][0]["message"]["content"] == '{"pick": 2}'
        assert server.requests[0].headers["accept-encoding"] == "identity"

    def test_a_long_answer_is_not_read_to_its_end(self, way: str) -> None:
        with (
            OpenAIServer([huge(30_000_000)]) as server,
            pytest.raises(LLMAnswerError, match="longer than 100000 bytes"),
        ):
            post(Bounds(100_000, 5), server.base_url, way)

    def test_a_dripping_answer_ends(self, way: str) -> None:
        with OpenAIServer([drip(0.02)]) as server:
            start = time.monotonic()
            with pytest.raises(httpx2.ReadTimeout, match="as a whole"):
                post(Bounds(100_000, 0.3), server.base_url, way)
            assert time.monotonic() - start < 4
