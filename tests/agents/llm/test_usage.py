import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.llm.answer import ask
from agents.llm.factory import build_llm
from agents.llm.usage import Usage, count_usage, counting_usage
from agents.reasoning import Explanation
from catalog.errors import LLMError
from tests.fakes.openai_server import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    Behaviour,
    OpenAIServer,
    RecordedRequest,
    ok,
    status,
    text,
    truncated,
)

GOOD = ok({"user": "u", "use_case": "c", "reason": "r"})


def asking(*script: object) -> Usage:
    with OpenAIServer(list(script)) as server, counting_usage() as counter:
        llm = build_llm("fake", base_url=server.base_url, max_retries=0)
        with contextlib.suppress(LLMError):
            ask(llm, [("user", "x")], Explanation)
    return counter.usage


def paid(calls: int) -> Usage:
    return Usage(calls=calls, tokens_in=calls * PROMPT_TOKENS, tokens_out=calls * COMPLETION_TOKENS)


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        ((GOOD,), 1),
        ((text("nonsense"), GOOD), 2),
        ((text("nonsense"), text("nonsense")), 2),
        ((truncated('{"user": "a'), GOOD), 2),
        ((status(500),), 0),
    ],
    ids=["good", "repaired", "never usable", "cut off", "no answer"],
)
def test_every_answer_counts_whether_it_can_be_used_or_not(script: tuple[object, ...], calls: int) -> None:
    assert asking(*script) == paid(calls)


def test_threads_count_apart() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda calls: asking(*[text("x")] * calls), [1] * 8)) == [paid(2)] * 8


def test_what_is_asked_outside_does_not_count() -> None:
    with counting_usage() as before:
        pass
    assert (asking(GOOD), before.usage) == (paid(1), Usage())


def test_inner_blocks_count_for_the_outer_ones() -> None:
    with counting_usage() as outer:
        inner = [asking(GOOD), asking(text("nonsense"), GOOD)]
        count_usage(Usage(calls=1, tokens_in=5, cache_hits=2))
    assert inner == [paid(1), paid(2)]
    assert outer.usage == paid(3) + Usage(calls=1, tokens_in=5, cache_hits=2)


def test_counting_outside_any_block_is_nothing() -> None:
    count_usage(Usage(calls=1))


def cached(tokens: int | None) -> Behaviour:
    """A good answer of a server that tells how much of the prompt it had kept."""

    def behave(handler, request: RecordedRequest) -> None:  # type: ignore[no-untyped-def]
        send = handler.send_json

        def told(payload, *rest) -> None:  # type: ignore[no-untyped-def]
            payload["usage"]["prompt_tokens_details"] = {"cached_tokens": tokens}
            send(payload, *rest)

        handler.send_json = told
        GOOD(handler, request)

    return behave


@pytest.mark.parametrize(("told", "expected"), [(8, 8), (0, 0), (None, 0)])
def test_what_the_server_had_kept_is_counted(told: int | None, expected: int) -> None:
    used = asking(cached(told))
    assert used == paid(1) + Usage(tokens_cached=expected)
    assert used.prefix_hit_rate == expected / PROMPT_TOKENS


def test_an_answer_carries_its_own_usage() -> None:
    with OpenAIServer([text("nonsense"), cached(8)]) as server:
        answer = ask(build_llm("fake", base_url=server.base_url), [("user", "x")], Explanation)
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached) == (
        2 * PROMPT_TOKENS,
        2 * COMPLETION_TOKENS,
        8,
    )


def test_usages_add_up() -> None:
    one = Usage(calls=1, tokens_in=2, tokens_out=3, tokens_cached=4, cache_hits=5)
    assert one + one == Usage(calls=2, tokens_in=4, tokens_out=6, tokens_cached=8, cache_hits=10)
