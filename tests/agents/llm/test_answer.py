"""Faults over a real socket: what `ask` makes of each."""

import asyncio
import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

from agents.llm.answer import Answer, aask, ask
from agents.llm.chat import EmbeddedChat
from agents.llm.embedded import EmbeddedModel
from agents.llm.factory import build_llm
from agents.llm.model import LLM
from agents.llm.retry import RetryPolicy
from catalog.errors import LLMAnswerError, LLMUnavailable
from tests.fakes.openai_server import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    Behaviour,
    OpenAIServer,
    RecordedRequest,
    Script,
    empty,
    hang,
    huge,
    ok,
    page,
    reset,
    status,
    text,
    truncated,
)


class Pick(BaseModel):
    pick: int = Field(ge=1, le=9)


MESSAGES = [SystemMessage("Choose."), HumanMessage("1 or 2?")]
GOOD = ok({"pick": 2})


def client(server: OpenAIServer, *, timeout_s: float = 5.0, max_concurrency: int = 16) -> LLM:
    llm = build_llm(
        "any-model", base_url=server.base_url, timeout_s=timeout_s, max_concurrency=max_concurrency
    )
    retry = RetryPolicy(max_tries=3, max_total_s=10, base_s=0.01)
    return dataclasses.replace(llm, traffic=dataclasses.replace(llm.traffic, retry=retry))


def outcome(script: Script, way: str, timeout_s: float = 5.0) -> tuple[Answer[Pick], list[RecordedRequest]]:
    with OpenAIServer(script) as server:
        llm = client(server, timeout_s=timeout_s)
        answer = ask(llm, MESSAGES, Pick) if way == "ask" else asyncio.run(aask(llm, MESSAGES, Pick))
        return answer, server.requests


def failure(
    script: Script, kind: type[Exception], timeout_s: float = 5.0
) -> tuple[Exception, list[RecordedRequest]]:
    with OpenAIServer(script) as server, pytest.raises(kind) as caught:
        ask(client(server, timeout_s=timeout_s), MESSAGES, Pick)
    return caught.value, server.requests


@pytest.mark.parametrize("way", ["ask", "aask"])
@pytest.mark.parametrize(
    ("script", "requests"),
    [
        pytest.param([GOOD], 1, id="good"),
        pytest.param([text("I would pick 2"), GOOD], 2, id="garbage"),
        pytest.param([text('{"pick": 12}'), GOOD], 2, id="out of bounds"),
        pytest.param([text('{"pick": 2, "other": 1}'), GOOD], 1, id="extra key"),
        pytest.param([truncated('{"pick": 2'), GOOD], 2, id="truncated"),
        pytest.param([truncated('{"pick": 2}'), GOOD], 2, id="truncated but complete"),
        pytest.param([empty(), GOOD], 2, id="empty"),
        pytest.param([huge(2_000_000), GOOD], 2, id="huge"),
        pytest.param([page("<html>busy</html>"), GOOD], 2, id="page"),
        pytest.param([status(429, retry_after="0"), GOOD], 2, id="429"),
        pytest.param([status(500), status(503), GOOD], 3, id="5xx twice"),
        pytest.param([reset(), GOOD], 2, id="reset"),
        pytest.param([status(500), text("garbage"), status(500), GOOD], 4, id="failures and garbage"),
    ],
)
def test_an_answer_in_the_end(way: str, script: list[Behaviour], requests: int) -> None:
    answer, seen = outcome(script, way)
    assert answer.value == Pick(pick=2)
    assert answer.attempts == len(seen) == requests
    assert answer.latency_ms > 0


@pytest.mark.parametrize("way", ["ask", "aask"])
def test_hang_ends_by_timeout(way: str) -> None:
    answer, seen = outcome([hang(), GOOD], way, timeout_s=0.3)
    assert answer.value == Pick(pick=2)
    assert len(seen) == 2
    assert 300 <= answer.latency_ms < 3000


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (text("I pick 2"), "Invalid JSON"),
        (truncated('{"pick": 2'), "cut off"),
        (empty(), "EOF"),
        (page("<html>"), "cannot be read"),
        (text('{"pick": 12}'), "`pick`"),
    ],
)
def test_two_bad_answers_are_the_end(behaviour: Behaviour, told: str) -> None:
    error, seen = failure([behaviour], LLMAnswerError)
    assert "`any-model` gave no usable answer in two attempts" in str(error)
    assert told in str(error)
    assert len(seen) == 2
    assert told in seen[1].body["messages"][-1]["content"]


def test_repair_shows_the_answer_clipped_and_what_is_wrong() -> None:
    _, seen = outcome([huge(100_000), GOOD], "ask")
    roles = [message["role"] for message in seen[1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    quoted, complaint = (message["content"] for message in seen[1].body["messages"][-2:])
    assert quoted.startswith('{"reason": "xxx')
    assert len(quoted) == 2000
    assert "`pick` Field required" in complaint


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_refusals_are_not_repeated(code: int) -> None:
    error, seen = failure([status(code)], LLMUnavailable)
    assert f"HTTP {code}" in str(error)
    assert len(seen) == 1


@pytest.mark.parametrize("behaviour", [status(500), status(429, retry_after="0"), reset()])
def test_tries_are_bounded(behaviour: Behaviour) -> None:
    error, seen = failure([behaviour], LLMUnavailable)
    assert error.__cause__ is not None
    assert len(seen) == 3


def test_nobody_listens() -> None:
    with OpenAIServer([GOOD]) as server:
        llm = client(server)
    with pytest.raises(LLMUnavailable):
        ask(llm, MESSAGES, Pick)


def test_tokens_of_all_answers_are_counted() -> None:
    for first in (text("garbage"), truncated("{")):
        answer, _ = outcome([first, status(500), GOOD], "ask")
        assert (answer.tokens_in, answer.tokens_out) == (2 * PROMPT_TOKENS, 2 * COMPLETION_TOKENS)


def asked_for(request: RecordedRequest) -> str:
    if request.body.get("tools"):
        return "function_calling"
    wanted = request.body["response_format"]
    return wanted["type"] + (" strict" if wanted.get("json_schema", {}).get("strict") else "")


@pytest.mark.parametrize(
    ("refused", "way"),
    [
        (set(), "json_schema strict"),
        ({"json_schema strict"}, "json_schema"),
        ({"json_schema strict", "json_schema"}, "function_calling"),
        ({"json_schema strict", "json_schema", "function_calling"}, "json_object"),
    ],
)
def test_looser_ways_are_tried_once_and_the_first_accepted_is_kept(refused: set[str], way: str) -> None:
    def behave(request: RecordedRequest) -> Behaviour:
        return (
            status(400, message="response_format or tools not supported")
            if asked_for(request) in refused
            else GOOD
        )

    with OpenAIServer(behave) as server:
        llm = client(server)
        assert ask(llm, MESSAGES, Pick).value == Pick(pick=2)
        before = len(server.requests)
        assert ask(llm, MESSAGES, Pick).value == Pick(pick=2)
    assert before == len(refused) + 1
    assert [asked_for(request) for request in server.requests[before:]] == [way]


def test_json_mode_tells_the_schema_in_the_last_message() -> None:
    def behave(request: RecordedRequest) -> Behaviour:
        return (
            GOOD
            if asked_for(request) == "json_object"
            else status(400, message="unknown response_format or tool")
        )

    _, seen = outcome(behave, "ask")
    assert '"maximum": 9' in seen[-1].body["messages"][-1]["content"]
    assert seen[-1].body["messages"][-1]["content"].startswith("1 or 2?")


def test_every_way_refused_is_unavailable() -> None:
    error, seen = failure([status(400, message="no response_format, no tools")], LLMUnavailable)
    assert "HTTP 400" in str(error)
    assert len(seen) == 4


def test_concurrency_is_bounded() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def behave(request: RecordedRequest) -> Behaviour:
        def slow(handler, recorded) -> None:  # type: ignore[no-untyped-def]
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with lock:
                inside -= 1
            GOOD(handler, recorded)

        return slow

    with OpenAIServer(behave) as server, ThreadPoolExecutor(8) as pool:
        llm = client(server, max_concurrency=2)
        list(pool.map(lambda _: ask(llm, MESSAGES, Pick), range(8)))
    assert most == 2


def test_embedded_model_answers_through_the_same_door(smollm2: EmbeddedModel) -> None:
    llm = LLM("embedded", EmbeddedChat(model=smollm2, max_tokens=20), smollm2, "likelihood")
    answer = ask(llm, MESSAGES, Pick)
    assert 1 <= answer.value.pick <= 9
    assert answer.attempts == 1
    assert answer.tokens_in > 0 < answer.tokens_out
    cut = LLM("embedded", EmbeddedChat(model=smollm2, max_tokens=2), smollm2, "likelihood")
    with pytest.raises(LLMAnswerError, match="cut off"):
        ask(cut, MESSAGES, Pick)
