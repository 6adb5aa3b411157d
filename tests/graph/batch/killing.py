"""Runs batches in children and really kills them; prints what came of it as JSON.

    killing.py steps FOLDER ROWS             once at every write, sync and rename
    killing.py moments FOLDER ROWS SEED...   at random moments until it is done, for each seed
    killing.py retries FOLDER ROWS           once at every write, sync and rename of a retry

The parent itself never runs a batch: it has no threads, so that it may fork.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from batch_world import classify, job, mended, output, retry, rows, run

from catalog.product import Product
from graph.batch.results import read_verdicts
from graph.verdict import Verdict

STEPS = ("write", "fsync", "replace")
MOST_STEPS = 200
MOST_KILLS = 100
CHUNKS = 60
LONGEST_WAIT = 0.02  # seconds; longer than a chunk takes


def slowly(products: Sequence[Product]) -> list[Verdict]:
    time.sleep(0.001)
    return classify(products)


def in_child(work: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def was_killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status):
        raise SystemExit("a batch failed")
    return False


def kill_at(step: int) -> None:
    """Lets this process die at its `step`-th step; a write is torn in half."""
    done = 0

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal done
            done += 1
            if done == step:
                if name == "write":
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return call

    for name in STEPS:
        setattr(os, name, wrap(name, getattr(os, name)))


def batch(out: Path, count: int, chunk: int, step: int = 0) -> None:
    kill_at(step)
    run(job(out, count, chunk_rows=chunk), slowly)


def is_sound(out: Path, count: int) -> bool:
    """Whether what a kill left holds each row once, in order, from the first on."""
    if not ledger_lines(out):
        return True
    found = [(row["row"], row["product_id"]) for row in read_verdicts(out)]
    return found == [(n, f"p{n}") for n in range(1, len(found) + 1)] and len(found) <= count


def whole_output(folder: Path, count: int, chunk: int) -> dict[str, bytes]:
    out = folder / "whole"
    was_killed(in_child(partial(batch, out, count, chunk)))
    assert [row["row"] for row in read_verdicts(out)] == [row.number for row in rows(count)]
    return output(out)


def steps(folder: Path, count: int) -> dict[str, Any]:
    chunk = 8
    whole = whole_output(folder, count, chunk)
    wrong = []
    for step in range(1, MOST_STEPS):
        out = folder / str(step)
        if not was_killed(in_child(partial(batch, out, count, chunk, step))):
            return {"kills": step - 1, "wrong": wrong}
        sound = is_sound(out, count)
        was_killed(in_child(partial(batch, out, count, chunk)))
        if not sound or output(out) != whole:
            wrong.append(step)
    raise SystemExit("no run came to its end")


def moments(folder: Path, count: int, seeds: list[int]) -> dict[str, Any]:
    chunk = max(16, count // CHUNKS)
    whole = whole_output(folder, count, chunk)
    kills, wrong = 0, []
    for seed in seeds:
        out = folder / str(seed)
        hits, sound = kill_at_lines(out, count, chunk, random.Random(seed))
        kills += hits
        if not sound or output(out) != whole:
            wrong.append(seed)
    return {"kills": kills, "wrong": wrong}


def kill_at_lines(out: Path, count: int, chunk: int, draw: random.Random) -> tuple[int, bool]:
    """Kills after some lines of the ledger."""
    return kill_until(
        partial(batch, out, count, chunk),
        out,
        count,
        draw,
        lambda: after(lambda: ledger_lines(out), draw.randint(0, CHUNKS // 5)),
    )


def kill_until(
    work: Callable[[], object],
    out: Path,
    count: int,
    draw: random.Random,
    further: Callable[[], Callable[[], bool]],
) -> tuple[int, bool]:
    """Begins the work again and again until it is done, each time killed some moments after it got further.

    Args:
        further: called when the work begins; gives what tells whether it is time.
    """
    sound = True
    for kills in range(MOST_KILLS):
        is_time = further()
        child = in_child(work)
        while not is_time() and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.001)
        time.sleep(draw.uniform(0, LONGEST_WAIT))
        os.kill(child, signal.SIGKILL)
        if not was_killed(child):
            return kills, sound
        sound = sound and is_sound(out, count)
    raise SystemExit("the work does not get further from kill to kill")


def after(progress: Callable[[], int], steps: int) -> Callable[[], bool]:
    """Whether there are so many more of something than now."""
    goal = progress() + steps
    return lambda: progress() >= goal


def ledger_lines(out: Path) -> int:
    ledger = out / "ledger.jsonl"
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def retried(out: Path, count: int, step: int = 0) -> None:
    """Does the error rows again, which can be read by now."""
    kill_at(step)
    retry(job(out, count, rows=lambda: mended(count)), slowly)


def retries(folder: Path, count: int) -> dict[str, Any]:
    """A kill at any step of a retry; then the same again, which must mend the rest, and only that."""
    whole = folder / "whole"
    was_killed(in_child(partial(batch, whole, count, 8)))
    was_killed(in_child(partial(retried, whole, count)))
    wrong = []
    for step in range(1, MOST_STEPS):
        out = folder / str(step)
        was_killed(in_child(partial(batch, out, count, 8)))
        killed = was_killed(in_child(partial(retried, out, count, step)))
        sound = is_sound(out, count)
        was_killed(in_child(partial(retried, out, count)))
        if not sound or output(out) != output(whole):
            wrong.append(step)
        if not killed:
            return {"kills": step - 1, "wrong": wrong}
    raise SystemExit("no retry came to its end")


def main() -> None:
    kind, folder, count, *seeds = sys.argv[1:]
    if kind == "steps":
        found = steps(Path(folder), int(count))
    elif kind == "retries":
        found = retries(Path(folder), int(count))
    else:
        found = moments(Path(folder), int(count), [int(seed) for seed in seeds])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
