"""A client that costs little, for load on loopback: one request after the other on each connection."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_END_OF_HEADERS = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass
class Load:
    """What came of it; `lost` are requests without an answer of status 200."""

    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    took: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took


def load(url: str, bodies: Iterator[bytes], *, connections: int, seconds: float, most: int) -> Load:
    """Post bodies for so many seconds, or until so many were sent."""
    return asyncio.run(_load(url, bodies, connections, seconds, most))


async def _load(url: str, bodies: Iterator[bytes], connections: int, seconds: float, most: int) -> Load:
    found, start = Load(), time.perf_counter()
    until, left = start + seconds, iter(range(most))
    await asyncio.gather(*(_connection(url, bodies, until, left, found) for _ in range(connections)))
    found.took = time.perf_counter() - start
    return found


async def _connection(
    url: str, bodies: Iterator[bytes], until: float, left: Iterator[int], found: Load
) -> None:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    while time.perf_counter() < until and next(left, None) is not None:
        body = next(bodies)
        head = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        start = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            answered = await _answered(reader)
        except (OSError, asyncio.IncompleteReadError):
            found.lost += 1
            return
        if answered:
            found.seconds.append(time.perf_counter() - start)
        else:
            found.lost += 1
    writer.close()


async def _answered(reader: asyncio.StreamReader) -> bool:
    head = (await reader.readuntil(_END_OF_HEADERS)).lower()
    length = head.split(_LENGTH, 1)[1].split(b"\r\n", 1)[0]
    await reader.readexactly(int(length))
    return head.split(b" ", 2)[1] == b"200"


def body(title: str, threshold: float) -> bytes:
    """Of `/classify`."""
    return json.dumps({"product": {"title": title}, "threshold": threshold}).encode()
