"""How many requests may be under way at once, over threads and event loops alike."""

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from types import TracebackType

from catalog.errors import SettingsError


class Limiter:
    """At most `limit` holders; the others wait in line. Use with `with` or `async with`.

    Args:
        limit: how many may hold it at once.

    Raises:
        SettingsError: `limit` is below 1.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise SettingsError(f"at least one request must be allowed at once, got {limit!r}")
        self.limit = limit
        self._free = limit
        self._line: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._enqueue().result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    async def __aenter__(self) -> None:
        turn = self._enqueue()
        try:
            await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            # the place may have been granted just before the cancellation arrived
            if not turn.cancel() and not turn.cancelled():
                self._release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _enqueue(self) -> "Future[None]":
        turn: Future[None] = Future()
        with self._lock:
            if self._free:
                self._free -= 1
                turn.set_result(None)
            else:
                self._line.append(turn)
        return turn

    def _release(self) -> None:
        with self._lock:
            while self._line:
                turn = self._line.popleft()
                if turn.set_running_or_notify_cancel():
                    turn.set_result(None)
                    return
            self._free += 1
