import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from agents.llm import factory
from agents.llm.answer import Answer, aask, ask
from agents.llm.factory import LLM, build_llm
from agents.llm.likelihood import TokenScore
from agents.llm.memory import repeating
from agents.llm.usage import Usage, counting_usage
from catalog.errors import LLMAnswerError
from tests.fakes.openai_server import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    OpenAIServer,
    echo_logprobs,
    ok,
    status,
    text,
)

GOOD, OTHER = ok({"pick": 2}), ok({"pick": 3})
PAID = Usage(calls=1, tokens_in=PROMPT_TOKENS, tokens_out=COMPLETION_TOKENS)


class Pick(BaseModel):
    pick: int = Field(ge=1, le=9)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    yield
    factory._reply_cache.cache_clear()


def client(server: OpenAIServer, tmp_path: Path) -> LLM:
    """As in a new process: nothing is remembered but the file."""
    factory._reply_cache.cache_clear()
    return build_llm("m", base_url=server.base_url, max_retries=0, llm_cache=tmp_path / "answers.sqlite")


def question(words: str = "1 or 2?") -> list[tuple[str, str]]:
    return [("system", "Choose."), ("user", words)]


def pick(llm: LLM, words: str = "1 or 2?") -> tuple[Answer[Pick], Usage]:
    with counting_usage() as counter:
        return ask(llm, question(words), Pick), counter.usage


def test_a_question_is_asked_once_over_processes(tmp_path: Path) -> None:
    with OpenAIServer([GOOD, OTHER]) as server:
        first, paid = pick(client(server, tmp_path))
        again, hit = pick(client(server, tmp_path))
        awaited = asyncio.run(aask(client(server, tmp_path), question(), Pick))
    assert first.value == again.value == awaited.value == Pick(pick=2)
    assert len(server.requests) == 1
    assert (paid, hit) == (PAID, Usage(cache_hits=1))
    assert (again.tokens_in, again.tokens_out, again.attempts) == (0, 0, 0)


def test_another_question_is_asked(tmp_path: Path) -> None:
    with OpenAIServer([GOOD, OTHER]) as server:
        llm = client(server, tmp_path)
        assert [pick(llm, words)[0].value.pick for words in ("a", "b", "a", "b")] == [2, 3, 2, 3]
    assert len(server.requests) == 2


def test_repeats_are_independent_and_find_their_own_again(tmp_path: Path) -> None:
    with OpenAIServer([GOOD, OTHER]) as server:
        for _ in range(2):
            llm, found = client(server, tmp_path), []
            for number in range(2):
                with repeating(number):
                    found.append(pick(llm)[0].value.pick)
            assert found == [2, 3]
    assert len(server.requests) == 2


def test_a_repaired_answer_is_kept_and_an_unusable_one_is_not(tmp_path: Path) -> None:
    with OpenAIServer([text("?"), text("?"), text("?"), GOOD]) as server:
        llm = client(server, tmp_path)
        with pytest.raises(LLMAnswerError):
            pick(llm)
        assert pick(llm)[0].attempts == 2
        assert pick(llm)[0].attempts == 0
    assert len(server.requests) == 4


def test_an_answer_asked_for_in_a_looser_way_is_found(tmp_path: Path) -> None:
    def behave(request):  # type: ignore[no-untyped-def]
        return GOOD if request.body.get("tools") else status(400, message="no response_format")

    with OpenAIServer(behave) as server:
        pick(client(server, tmp_path))
        before = len(server.requests)
        assert pick(client(server, tmp_path))[0].value == Pick(pick=2)
    assert len(server.requests) == before == 3


def test_an_answer_that_a_stricter_check_refuses_is_asked_again(tmp_path: Path) -> None:
    with OpenAIServer([GOOD]) as server:
        llm = client(server, tmp_path)
        pick(llm)
        assert llm.memory is not None
        llm.memory.cache._connection.execute("UPDATE answers SET value = '{\"pick\": 99}'")
        assert pick(llm)[0].value == Pick(pick=2)
    assert len(server.requests) == 2


def test_without_a_path_nothing_is_kept(tmp_path: Path) -> None:
    with OpenAIServer([GOOD]) as server:
        llm = build_llm("m", base_url=server.base_url)
        pick(llm)
        pick(llm)
    assert len(server.requests) == 2


def score(llm: LLM, *continuations: str) -> tuple[list[TokenScore], Usage]:
    assert llm.scorer is not None
    with counting_usage() as counter:
        return llm.scorer.score("Product: leash\nCategory:", continuations, head="Choose.\n"), counter.usage


def test_scores_are_kept_one_by_one(tmp_path: Path) -> None:
    with OpenAIServer([echo_logprobs()]) as server:
        first, paid = score(client(server, tmp_path), " Pets", " Home")
        again, hit = score(client(server, tmp_path), " Home", " Pets")
        more, _ = score(client(server, tmp_path), " Home", " Garden", " Pets", " Garden")
    assert again == first[::-1]
    assert more == [first[1], TokenScore(-7, 1), first[0], TokenScore(-7, 1)]
    assert [len(request.body["prompt"]) for request in server.requests] == [2, 1]
    assert (paid.calls, paid.cache_hits) == (1, 0)
    assert hit == Usage(cache_hits=1)


def test_scores_of_another_text_are_asked_for(tmp_path: Path) -> None:
    with OpenAIServer([echo_logprobs()]) as server:
        llm = client(server, tmp_path)
        score(llm, " Pets")
        assert llm.scorer is not None
        llm.scorer.score("Product: bed\nCategory:", [" Pets"], head="Choose.\n")
        with repeating(1):
            score(llm, " Pets")
        assert llm.scorer.score("Category:", []) == []
    assert len(server.requests) == 3
