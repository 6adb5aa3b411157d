"""A language model that takes log-normal times, in a process of its own that counts how busy its slots are.

with SlowLLM(median=2.0, sigma=0.8) as model:
    ... model.base_url ...
model.busy(slots=64)
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from graph.batch.rehearsal import USUAL_LENGTH, example

_TOKENS = {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020}


class SlowLLM:
    """Starts the server; when the `with` block ends, `events` holds when requests came and were answered.

    Attributes:
        events: pairs of seconds and +1 for a request or -1 for an answer, in order.
    """

    def __init__(self, *, median: float, sigma: float, seed: int = 0) -> None:
        self._given = [str(median), str(sigma), str(seed)]
        self.events: list[tuple[float, int]] = []

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.slow_llm", *self._given]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stdout
        self.base_url = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        out, _ = self._process.communicate("stop\n")
        self.events = [tuple(event) for event in json.loads(out)]


def busy(events: Sequence[tuple[float, int]], slots: int) -> dict[str, float]:
    """Share of slot-seconds in which a request was there.

    `whole`: from the first request to the last answer, with the ramp and the tail that every batch has once;
    `steady`: from the moment all slots were taken first to the last request.
    """
    levels: list[tuple[float, int]] = []
    now = 0
    for when, step in events:
        now += step
        levels.append((when, now))
    full = next((when for when, level in levels if level >= slots), levels[0][0])
    last = max(when for when, step in events if step > 0)
    return {
        "whole": _share(levels, levels[0][0], levels[-1][0], slots),
        "steady": _share(levels, full, last, slots),
        "seconds": round(levels[-1][0] - levels[0][0], 2),
    }


def _share(levels: Sequence[tuple[float, int]], start: float, end: float, slots: int) -> float:
    taken = sum(
        level * max(0.0, min(until, end) - max(since, start))
        for (since, level), (until, _) in pairwise(levels)
    )
    return round(taken / (slots * (end - start)), 4)


@dataclass
class _Server:
    median: float
    sigma: float
    draw: random.Random
    events: list[tuple[float, int]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open for request after request."""
        while head := await _head(reader):
            length = next(int(line[15:]) for line in head if line.lower().startswith(b"content-length:"))
            body = json.loads(await reader.readexactly(length))
            self._note(1)
            await asyncio.sleep(self.median * self.draw.lognormvariate(0.0, self.sigma))
            answer = json.dumps(_answer(body)).encode()
            self._note(-1)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % len(answer)
            )
            writer.write(answer)
            await writer.drain()
        writer.close()

    def _note(self, step: int) -> None:
        self.events.append((round(time.monotonic(), 4), step))


async def _head(reader: asyncio.StreamReader) -> list[bytes]:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        return []  # the client is done, or the server is


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    """Something of the form that was asked for."""
    schema = body["response_format"]["json_schema"]["schema"]
    content = json.dumps(example(schema, USUAL_LENGTH))
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content},
        "finish_reason": "stop",
    }
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": body["model"]}
    return {**head, "choices": [choice], "usage": _TOKENS}


async def main(median: float, sigma: float, seed: int) -> None:
    state = _Server(median, sigma, random.Random(seed))
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(state.events), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
