"""A language model server for load alone: right in form, late as a model would be, and failing when told to.

    python -m benchmarks.stand_in_server --slots 64 --median-s 2 --sigma 0.4 --fail 0.1

Speaks OpenAI's chat protocol on a free port of the loopback, which it prints. So many requests as there are
slots are worked on at once, the others wait. Delays are log-normal. `GET /slots` tells how long slots were
busy.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.batch.rehearsal import example

_LENGTH = 0.3
"""Texts of an answer, as a share of their greatest length."""
_REFUSALS = {"500": "500 Internal Server Error", "503": "503 Busy", "429": "429 Too Many Requests"}
FAILURES = (*_REFUSALS, "reset", "empty", "garbage", "truncated")
_RETRY_AFTER_S = 1


@dataclass
class StandIn:
    """Attributes:
    busy_s: slot-seconds in which a request was worked on.
    most: greatest number of requests worked on at once.
    """

    slots: int
    median_s: float
    sigma: float
    fail: float
    draw: random.Random
    busy_s: float = 0.0
    most: int = 0
    working: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.slots)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        try:
            while request := await reader.readline():
                body = await _body(reader)
                if request.startswith(b"GET"):
                    writer.write(_response("200 OK", json.dumps(self.told())))
                elif not await self._answer(body, writer):
                    writer.transport.abort()
                    return
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has hung up
        finally:
            writer.close()

    def told(self) -> dict[str, Any]:
        return {"busy_s": self.busy_s, "most": self.most, "requests": dict(self.counts)}

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        failure = self.draw.choice(FAILURES) if self.draw.random() < self.fail else "good"
        delay = self.median_s * self.draw.lognormvariate(0.0, self.sigma)
        self.counts[failure] += 1
        async with self.free:
            await self._work(delay)
        if failure == "reset":
            return False
        if failure in _REFUSALS:
            writer.write(
                _response(_REFUSALS[failure], '{"error": {"message": "scripted"}}', failure == "429")
            )
        else:
            writer.write(_response("200 OK", json.dumps(_completion(json.loads(body), failure))))
        return True

    async def _work(self, seconds: float) -> None:
        start = time.monotonic()
        self.working += 1
        self.most = max(self.most, self.working)
        await asyncio.sleep(seconds)
        self.working -= 1
        self.busy_s += time.monotonic() - start


async def _body(reader: asyncio.StreamReader) -> bytes:
    length = 0
    while (line := await reader.readline()).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return await reader.readexactly(length)


def _response(status: str, body: str, wait: bool = False) -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    head += f"Retry-After: {_RETRY_AFTER_S}\r\n" if wait else ""
    return head.encode() + b"\r\n" + data


def _completion(request: dict[str, Any], failure: str) -> dict[str, Any]:
    """An answer in the form of the schema that the request carries, or what a failure makes of it."""
    content = json.dumps(example(request["response_format"]["json_schema"]["schema"], _LENGTH))
    said = {"empty": "", "garbage": "The second, I would say.", "truncated": content[: len(content) // 2]}
    read = sum(len(message["content"]) for message in request["messages"]) // 4
    written = len(content) // 4
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "stand-in",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": said.get(failure, content)},
                "finish_reason": "length" if failure == "truncated" else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
    }


async def run(options: argparse.Namespace) -> None:
    """Serve until stopped."""
    stand_in = StandIn(
        options.slots, options.median_s, options.sigma, options.fail, random.Random(options.seed)
    )
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0, limit=1 << 24, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--median-s", type=float, default=2.0)
    parser.add_argument("--sigma", type=float, default=0.4)
    parser.add_argument("--fail", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
