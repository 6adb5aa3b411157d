"""HTTP clients that read no endless answer: bounded in bytes and in time.

The timeout of an HTTP client holds from one piece of an answer to the next; a server that sends a byte now
and then would keep a request for ever.
"""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx2

from catalog.errors import LLMAnswerError

CHAT_BYTES = 1 << 20
"""Most bytes of a chat answer: some 250,000 tokens."""
SCORE_BYTES = 32 << 20
"""Most bytes of an echo with log-probabilities: a token takes about 100, and every prompt comes back."""

_BEGUN = "dual_expert_begun"


@dataclass
class _Bound:
    """What may still be read of one answer."""

    most_bytes: int
    until: float
    read: int = field(default=0, init=False)

    def pass_on(self, chunk: bytes) -> bytes:
        self.read += len(chunk)
        if self.read > self.most_bytes:
            raise LLMAnswerError(
                f"the answer is longer than {self.most_bytes} bytes", fix="ask for less, or see what answers"
            )
        if time.monotonic() > self.until:
            raise httpx2.ReadTimeout("the answer took too long as a whole")
        return chunk


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, stream: httpx2.SyncByteStream, bound: _Bound) -> None:
        self._stream = stream
        self._bound = bound

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield self._bound.pass_on(chunk)

    def close(self) -> None:
        self._stream.close()


class _AsyncBoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, bound: _Bound) -> None:
        self._stream = stream
        self._bound = bound

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield self._bound.pass_on(chunk)

    async def aclose(self) -> None:
        await self._stream.aclose()


@dataclass(frozen=True)
class Bounds:
    """Limits of one answer.

    Args:
        most_bytes: of its body as sent; compression is not offered, so that this is its size.
        most_s: seconds from sending the request to the end of the answer.
    """

    most_bytes: int
    most_s: float

    def client(self, connections: int | None = None) -> httpx2.Client:
        """For blocking use.

        Args:
            connections: kept open between requests.
        """
        return httpx2.Client(
            follow_redirects=True,
            limits=_limits(connections),
            headers=_HEADERS,
            event_hooks={"request": [_mark], "response": [self._narrow]},
        )

    def async_client(self, connections: int | None = None) -> httpx2.AsyncClient:
        """For use in an event loop."""
        return httpx2.AsyncClient(
            follow_redirects=True,
            limits=_limits(connections),
            headers=_HEADERS,
            event_hooks={"request": [_amark], "response": [self._anarrow]},
        )

    def _narrow(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _BoundedStream(response.stream, self._bound(response))

    async def _anarrow(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _AsyncBoundedStream(response.stream, self._bound(response))

    def _bound(self, response: httpx2.Response) -> _Bound:
        return _Bound(self.most_bytes, response.request.extensions[_BEGUN] + self.most_s)


_HEADERS = {"Accept-Encoding": "identity"}


def _limits(connections: int | None) -> httpx2.Limits:
    return httpx2.Limits(max_connections=None, max_keepalive_connections=connections)


def _mark(request: httpx2.Request) -> None:
    request.extensions = {**request.extensions, _BEGUN: time.monotonic()}


async def _amark(request: httpx2.Request) -> None:
    _mark(request)
