"""What was paid is not paid again, wherever a batch stopped."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from llm_world import PRICE, asked, asking, good, held_back, job, run

from catalog.errors import WorkspaceError
from graph.batch import answers, record
from graph.batch.job import BatchJob
from graph.batch.results import batch_status
from graph.batch.spending import Spending
from tests.fakes.openai_server import PROMPT_TOKENS, OpenAIServer, text

ROWS = 400
SLOTS = 4
CHUNK = 100
HELD = held_back(ROWS)
BEFORE = 7
"""Calls that the first run may pay for."""


def one_chunk(out: Path, **changes: Any) -> BatchJob:
    """All rows in one chunk, so that whatever stops in between stops in the middle of it."""
    return job(out, ROWS, chunk_rows=ROWS, **changes)


def parts(out: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((out / "verdicts").glob("part-*.parquet"))]


def budget(calls: int) -> Spending:
    return Spending(PRICE, calls * PROMPT_TOKENS, SLOTS)


@pytest.fixture
def server():
    with OpenAIServer(good) as running:
        yield running


def test_each_product_that_is_held_back_is_asked_about_once(out: Path, server: OpenAIServer) -> None:
    summary = run(job(out, ROWS), asking(server.base_url))
    assert sorted(asked(server.requests)) == sorted(HELD)
    assert summary.statuses["deliberated"] == len(HELD)
    assert (summary.calls, summary.tokens_in) == (len(HELD), PROMPT_TOKENS * len(HELD))
    assert summary.cost == PROMPT_TOKENS * len(HELD)
    assert not list((out / "answers").iterdir())


def test_the_greatest_cost_stops_in_the_middle_of_a_chunk_and_the_next_run_asks_only_the_rest(
    tmp_path: Path, server: OpenAIServer
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(one_chunk(whole), asking(server.base_url))
    server.requests.clear()
    stopped = run(one_chunk(out), asking(server.base_url), spending=budget(BEFORE))
    calls = len(server.requests)
    assert (stopped.reason, stopped.stopped, stopped.rows) == ("max_cost", True, 0)
    assert BEFORE <= calls < BEFORE + SLOTS  # those that were under way when it was reached
    assert stopped.cost == PROMPT_TOKENS * calls
    assert batch_status(out) == stopped

    again = run(one_chunk(out), asking(server.base_url))
    assert sorted(asked(server.requests)) == sorted(HELD)
    assert (again.reason, again.cost) == ("complete", PROMPT_TOKENS * len(HELD))
    assert parts(out) == parts(whole)


def test_a_cost_that_was_reached_before_allows_nothing(out: Path, server: OpenAIServer) -> None:
    run(one_chunk(out), asking(server.base_url), spending=budget(BEFORE))
    calls = len(server.requests)
    again = run(one_chunk(out), asking(server.base_url), spending=budget(BEFORE))
    assert again.reason == "max_cost"
    assert len(server.requests) == calls


def test_a_torn_answer_alone_is_asked_again(out: Path, server: OpenAIServer) -> None:
    run(one_chunk(out), asking(server.base_url), spending=budget(BEFORE))
    log = next((out / "answers").iterdir())
    log.write_bytes(log.read_bytes()[:-10])
    run(one_chunk(out), asking(server.base_url))
    assert len(server.requests) == len(HELD) + 1
    assert set(asked(server.requests)) == set(HELD)


def test_answers_to_another_prompt_are_not_used(out: Path, server: OpenAIServer) -> None:
    run(one_chunk(out), asking(server.base_url), spending=budget(BEFORE))
    server.requests.clear()
    changed = one_chunk(out, fingerprint={"workspace": "abc", "prompts": "v2"}, accept_changes=True)
    run(changed, asking(server.base_url))
    assert sorted(asked(server.requests)) == sorted(HELD)


def test_answers_that_cannot_be_used_are_paid_too(out: Path) -> None:
    with OpenAIServer(lambda request: text("nonsense")) as server:
        summary = run(job(out, ROWS), asking(server.base_url))
        calls = len(server.requests)
        assert calls == 2 * len(HELD)
        assert summary.statuses["degraded"] == len(HELD)
        assert summary.cost == PROMPT_TOKENS * calls
        again = run(job(out.with_name("b"), ROWS), asking(server.base_url), spending=budget(BEFORE))
    assert again.reason == "max_cost"
    assert len(server.requests) - calls < BEFORE + 2 * SLOTS


def test_an_answer_that_cannot_be_written_stops_the_batch_and_costs_no_row(
    out: Path, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(answers, "write_all", full)
        with pytest.raises(WorkspaceError, match=r"chunk-00000.*No space left.*Free disk space"):
            run(job(out, ROWS), asking(server.base_url))
    assert run(job(out, ROWS), asking(server.base_url)).statuses["deliberated"] == len(HELD)


def test_a_kill_right_after_a_line_of_the_ledger_leaves_nothing_behind(
    out: Path, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(record, "drop_answers", lambda *_: None)
        whole = run(job(out, ROWS), asking(server.base_url))
    chunks = {(int(name[1:]) - 1) // CHUNK for name in HELD}
    assert len(list((out / "answers").iterdir())) == len(chunks)
    assert batch_status(out).cost == whole.cost
    run(job(out, ROWS), asking(server.base_url))
    assert not list((out / "answers").iterdir())
