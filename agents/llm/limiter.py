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

    Attributes:
        allowed: how many may hold it just now, 1 to `limit`; here always `limit`.

    Raises:
        SettingsError: `limit` is below 1.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise SettingsError(f"at least one request must be allowed at once, got {limit!r}")
        self.limit = limit
        self.allowed = limit
        self._held = 0
        self._line: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    def acquire(self, *, front: bool = False) -> None:
        """Wait for a place.

        Args:
            front: wait at the head of the line, for a request that has waited before.
        """
        self._enqueue(front).result()

    async def aacquire(self, *, front: bool = False) -> None:
        """`acquire` without blocking the event loop."""
        turn = self._enqueue(front)
        try:
            await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            # the place may have been granted just before the cancellation arrived
            if not turn.cancel() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a place back."""
        with self._lock:
            self._held -= 1
            self._grant()

    def begun(self) -> int:
        """A request is sent; what is returned goes to `ended`."""
        return 0

    def ended(self, begun: int, *, overloaded: bool) -> None:
        """The request was answered or failed; a fixed limit learns nothing from it.

        Args:
            begun: from `begun`.
            overloaded: whether the server showed that it has too much to do.
        """

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    async def __aenter__(self) -> None:
        await self.aacquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _enqueue(self, front: bool) -> "Future[None]":
        turn: Future[None] = Future()
        with self._lock:
            if front:
                self._line.appendleft(turn)
            else:
                self._line.append(turn)
            self._grant()
        return turn

    def _grant(self) -> None:
        """Let in as many as there are places; called under the lock."""
        while self._line and self._held < self.allowed:
            turn = self._line.popleft()
            if turn.set_running_or_notify_cancel():
                self._held += 1
                turn.set_result(None)
