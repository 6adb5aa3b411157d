"""Work by key, many keys at once, none twice."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")


class InFlight(Generic[T]):
    """A bounded pool; whoever asks for a key that is being worked on waits for that work.

    Args:
        workers: most keys that are worked on at once.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="defining")
        self._running: dict[str, Future[T]] = {}
        self._lock = threading.Lock()

    def submit(self, key: str, work: Callable[[], T]) -> Future[T]:
        """The result of `work`, or of what is under way for the same key."""
        with self._lock:
            running = self._running.get(key)
            if running is not None and not running.done():  # a finished one may not be forgotten yet
                return running
            future = self._running[key] = self._pool.submit(work)
        future.add_done_callback(partial(self._forget, key))
        return future

    def _forget(self, key: str, future: Future[T]) -> None:
        with self._lock:
            if self._running.get(key) is future:
                del self._running[key]
