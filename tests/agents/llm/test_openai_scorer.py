import pytest

from agents.llm.likelihood import TokenScore
from agents.llm.openai_scorer import OpenAIScorer
from agents.llm.retry import RetryPolicy
from agents.llm.traffic import Traffic
from catalog.errors import LLMAnswerError, LLMUnavailable
from tests.fakes.openai_server import (
    Behaviour,
    OpenAIServer,
    RecordedRequest,
    echo_logprobs,
    ok,
    reset,
    status,
)

HEAD, PREFIX = "Choose a category.\n\n", "Product: 中文 dog leash\nCategory:"
CONTINUATIONS = [" Pets", " Home & Kitchen", "\nBücher 😀"]
EXPECTED = [TokenScore(-5, 1), TokenScore(-15, 3), TokenScore(-9, 2)]


def scorer(server: OpenAIServer) -> OpenAIScorer:
    traffic = Traffic(retry=RetryPolicy(max_tries=3, base_s=0.01))
    return OpenAIScorer("any", base_url=server.base_url, api_key="k", timeout_s=5, traffic=traffic)


def scores(*script: Behaviour) -> list[TokenScore]:
    with OpenAIServer(script) as server:
        return scorer(server).score(PREFIX, CONTINUATIONS, head=HEAD)


def edited(**logprobs: object) -> Behaviour:
    """A good echo with fields of `logprobs` replaced; None drops all of it."""

    def behave(handler, request: RecordedRequest) -> None:  # type: ignore[no-untyped-def]
        send = handler.send_json

        def edit(payload, *rest) -> None:  # type: ignore[no-untyped-def]
            for choice in payload["choices"]:
                choice["logprobs"] = {**choice["logprobs"], **logprobs} if logprobs else None
            send(payload, *rest)

        handler.send_json = edit
        echo_logprobs()(handler, request)

    return behave


def test_one_request_scores_all() -> None:
    with OpenAIServer([echo_logprobs()]) as server:
        assert scorer(server).score(PREFIX, CONTINUATIONS, head=HEAD) == EXPECTED
    (request,) = server.requests
    assert request.path == "/v1/completions"
    assert request.body["prompt"] == [HEAD + PREFIX + continuation for continuation in CONTINUATIONS]
    assert (request.body["echo"], request.body["logprobs"], request.body["max_tokens"]) == (True, 1, 1)


@pytest.mark.parametrize("last", ["!", "", " more"])
def test_tokens_around_the_prompt_are_not_counted(last: str) -> None:
    assert scores(echo_logprobs(first="<bos>", last=last)) == EXPECTED


def test_server_offsets_serve_where_tokens_do_not_spell_the_prompt() -> None:
    def behave(handler, request: RecordedRequest) -> None:  # type: ignore[no-untyped-def]
        prompt = request.body["prompt"][0]
        start = len(prompt) - len(" Pets")
        logprobs = {
            "tokens": [prompt[:start], "bytes:\\x20P", "ets", "!"],
            "token_logprobs": [None, -2.0, -3.0, -100.0],
            "text_offset": [0, start, start + 2, len(prompt)],
        }
        choice = {"index": 0, "text": prompt, "finish_reason": "length", "logprobs": logprobs}
        handler.send_json(
            {"id": "c", "object": "text_completion", "created": 0, "model": "m", "choices": [choice]}
        )

    with OpenAIServer([behave]) as server:
        assert scorer(server).score("Category:", [" Pets"]) == [TokenScore(-5, 2)]


@pytest.mark.parametrize("behaviour", [status(503), status(429, retry_after="0"), reset()])
def test_failures_are_retried(behaviour: Behaviour) -> None:
    assert scores(behaviour, echo_logprobs()) == EXPECTED


def test_refusal_is_unavailable() -> None:
    with pytest.raises(LLMUnavailable, match="echo is not supported"):
        scores(status(400, message="echo is not supported"))


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (edited(), "no log-probabilities"),
        (edited(tokens=["else"], token_logprobs=[-1.0], text_offset=None), "did not echo"),
        (edited(tokens=["else"], token_logprobs=[-1.0], text_offset=[0]), "did not echo"),
        (ok({"pick": 1}), "choices came back|no log-probabilities"),
    ],
)
def test_answers_without_what_a_score_needs(behaviour: Behaviour, told: str) -> None:
    with pytest.raises(LLMAnswerError, match=told):
        scores(behaviour)


def test_nothing_before_the_continuation() -> None:
    with (
        OpenAIServer([echo_logprobs()]) as server,
        pytest.raises(LLMAnswerError, match="nothing stands before"),
    ):
        scorer(server).score("", [" Pets"])


def test_nothing_to_score_asks_nobody() -> None:
    with OpenAIServer([echo_logprobs()]) as server:
        assert scorer(server).score(PREFIX, []) == []
    assert server.requests == []
