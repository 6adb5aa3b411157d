"""Requests that arrive together are answered together."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Request = TypeVar("Request")
Result = TypeVar("Result")


class MicroBatcher(Generic[Request, Result]):
    """A worker thread that waits a few milliseconds for company before it runs a batch.

    Args:
        run: answers a batch, one result per request, in order.
        max_batch: most requests in a batch.
        window_s: how long the first request of a batch waits for others, in seconds.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Request]], Sequence[Result]],
        *,
        max_batch: int = 16,
        window_s: float = 0.02,
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._window_s = window_s
        self._waiting: queue.SimpleQueue[tuple[Request, Future[Result]]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._worker: threading.Thread | None = None

    def submit(self, request: Request) -> "Future[Result]":
        """Hand in a request; the future carries its result or the error that `run` raised for it."""
        future: Future[Result] = Future()
        self._waiting.put((request, future))
        with self._start:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="micro-batcher", daemon=True)
                self._worker.start()
        return future

    def _work(self) -> None:
        while True:
            batch = [
                (request, future)
                for request, future in self._gather()
                if future.set_running_or_notify_cancel()
            ]
            if batch:
                self._answer(batch)

    def _gather(self) -> list[tuple[Request, "Future[Result]"]]:
        batch = [self._waiting.get()]
        deadline = time.monotonic() + self._window_s
        while len(batch) < self._max_batch:
            try:
                batch.append(self._waiting.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        return batch

    def _answer(self, batch: Sequence[tuple[Request, "Future[Result]"]]) -> None:
        try:
            results = self._run([request for request, _ in batch])
        except Exception as error:
            # whatever it is belongs to the caller; one bad request must not fail its neighbours
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            else:
                for single in batch:
                    self._answer([single])
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
