import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.llm.answer import ask
from agents.llm.factory import build_llm
from agents.llm.usage import Usage, counting_usage
from agents.reasoning import Explanation
from catalog.errors import LLMError
from tests.fakes.openai_server import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    OpenAIServer,
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
    with counting_usage() as outside:
        inner = asking(GOOD)
    assert (inner, outside.usage) == (paid(1), Usage())


def test_usages_add_up() -> None:
    one = Usage(calls=1, tokens_in=2, tokens_out=3, tokens_cached=4)
    assert one + one == Usage(calls=2, tokens_in=4, tokens_out=6, tokens_cached=8)
