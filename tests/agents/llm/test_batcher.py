import threading
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from agents.llm.batcher import MicroBatcher


def double(numbers: Sequence[int]) -> list[int]:
    if -1 in numbers:
        raise ValueError("no negatives")
    return [2 * number for number in numbers]


def test_requests_that_arrive_together_run_together() -> None:
    batches: list[list[int]] = []
    batcher = MicroBatcher[int, int](lambda batch: batches.append(list(batch)) or double(batch), window_s=0.3)
    futures = [batcher.submit(number) for number in range(5)]
    assert [future.result(5) for future in futures] == [0, 2, 4, 6, 8]
    assert batches == [[0, 1, 2, 3, 4]]


def test_batches_are_bounded() -> None:
    sizes: list[int] = []
    batcher = MicroBatcher[int, int](
        lambda batch: sizes.append(len(batch)) or double(batch), max_batch=2, window_s=0.3
    )
    assert [future.result(5) for future in [batcher.submit(number) for number in range(4)]] == [0, 2, 4, 6]
    assert sizes == [2, 2]


def test_one_bad_request_fails_alone() -> None:
    batcher = MicroBatcher[int, int](double, window_s=0.3)
    futures = [batcher.submit(number) for number in (1, -1, 3)]
    assert futures[0].result(5) == 2
    assert futures[2].result(5) == 6
    with pytest.raises(ValueError, match="no negatives"):
        futures[1].result(5)
    assert batcher.submit(4).result(5) == 8, "the worker lives on"


def test_cancelled_request_is_not_run() -> None:
    started, go = threading.Event(), threading.Event()
    seen: list[int] = []

    def run(batch: Sequence[int]) -> list[int]:
        seen.extend(batch)
        started.set()
        go.wait(5)
        return list(batch)

    batcher = MicroBatcher[int, int](run, window_s=0.0)
    first = batcher.submit(1)
    started.wait(5)
    second: Future[int] = batcher.submit(2)
    third = batcher.submit(3)
    assert second.cancel()
    go.set()
    assert (first.result(5), third.result(5)) == (1, 3)
    assert seen == [1, 3]
