"""Runs batches that ask a scripted server, in children that are really killed; prints the outcome as JSON.

    killing_llm.py FOLDER ROWS SEED...

The server is a process of its own and outlives the kills; how often it was asked stands in shared memory. The
parent has no threads, so that it may fork.
"""

import json
import mmap
import os
import random
import signal
import struct
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import langchain_openai  # noqa: F401  # before forking: every child needs it, and it takes seconds
from killing import after, in_child, kill_until, output, was_killed
from llm_world import asking, good, held_back, job, run

from tests.fakes.openai_server import OpenAIServer, RecordedRequest

SLOTS = 2
ONE_IN = 20
CHUNK = 800
"""Rows of a chunk: of the forty it asks about, all but two are answered or not begun when a kill comes."""


class Asked:
    """A counter that processes share."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    @property
    def count(self) -> int:
        return int(struct.unpack("q", self._memory[:8])[0])

    def add(self) -> None:
        self._memory[:8] = struct.pack("q", self.count + 1)


def serve(asked: Asked, ready: int) -> None:
    """In a child: answer until killed."""

    def script(request: RecordedRequest) -> Any:
        asked.add()  # the server asks its script one request at a time
        server.requests.clear()
        return good(request)

    with OpenAIServer(script) as server:
        os.write(ready, server.base_url.encode() + b"\n")
        signal.pause()


def batch(out: Path, count: int, url: str) -> None:
    run(job(out, count, chunk_rows=CHUNK), asking(url, SLOTS), one_in=ONE_IN, slots=SLOTS)


def main() -> None:
    folder, count, seeds = Path(sys.argv[1]), int(sys.argv[2]), [int(seed) for seed in sys.argv[3:]]
    asked = Asked()
    listening, ready = os.pipe()
    server = in_child(partial(serve, asked, ready))
    try:
        url = os.read(listening, 200).decode().strip()
        print(json.dumps(chaos(folder, count, seeds, url, asked)))
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def chaos(folder: Path, count: int, seeds: list[int], url: str, asked: Asked) -> dict[str, Any]:
    whole = folder / "whole"
    was_killed(in_child(partial(batch, whole, count, url)))
    found: dict[str, Any] = {"needed": len(held_back(count, ONE_IN)), "whole": asked.count, "runs": []}
    for seed in seeds:
        out, before = folder / str(seed), asked.count
        kills, sound = kill_while_asking(partial(batch, out, count, url), out, count, asked, seed)
        same = sound and output(out) == output(whole)
        found["runs"].append({"kills": kills, "same": same, "asked": asked.count - before})
    return found


def kill_while_asking(
    work: Callable[[], object], out: Path, count: int, asked: Asked, seed: int
) -> tuple[int, bool]:
    """Kills after some answers: at most half of all that are needed."""
    draw, most = random.Random(seed), len(held_back(count, ONE_IN)) // 2
    return kill_until(work, out, count, draw, lambda: after(lambda: asked.count, draw.randint(1, most)))


if __name__ == "__main__":
    main()
