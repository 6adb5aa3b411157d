"""From the driver into Ray Data: a thread fills a bounded queue, and one reading task empties it."""

import pickle
import threading
from collections import deque
from collections.abc import Iterator

import pyarrow as pa
from ray.util.queue import Empty, Full, Queue

from catalog.errors import WorkspaceError
from graph.batch.standing import Task

COLUMN = "pickled"
_LOOK_SECONDS = 0.2


class Feed:
    """A thread of the driver that puts tasks into the queue as fast as they are taken out."""

    def __init__(self, queue: Queue, tasks: Iterator[Task]) -> None:
        self._queue = queue
        self._tasks = tasks
        self._out: deque[int] = deque()
        self._failure: Exception | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ray-feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def came_back(self, chunk: int) -> None:
        """Raises `WorkspaceError` when another chunk is due: a reader that is begun again has lost some."""
        due = self._out.popleft()
        if chunk != due:
            raise lost(f"chunk {chunk} came for chunk {due}")

    def all_came_back(self) -> None:
        """Raises `WorkspaceError` when a chunk is still out, and whatever the tasks raised."""
        if self._failure:
            raise self._failure
        if self._out:
            raise lost(f"chunk {self._out[0]} did not come back")

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._queue.shutdown(force=True)

    def _run(self) -> None:
        try:
            for task in self._tasks:
                self._out.append(task.chunk.number)
                self._put(pickle.dumps(task))
        except Exception as error:  # raised once what is under way is written
            self._failure = error
        while not self._closed.is_set():  # also for a reader that is begun again
            self._put(None)

    def _put(self, item: bytes | None) -> None:
        """Waits for room, unless nobody takes anything any more."""
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return


def taken(_: pa.Table, queue: Queue) -> Iterator[pa.Table]:
    """Makes of the one block that starts Ray Data a block for every task until there are no more."""
    while True:
        try:
            item = queue.get(timeout=_LOOK_SECONDS)
        except Empty:
            continue
        if item is None:
            return
        yield block(item)


def block(data: bytes) -> pa.Table:
    """A block of Ray Data with one row."""
    return pa.table({COLUMN: pa.array([data], pa.large_binary())})


def lost(how: str) -> WorkspaceError:
    """Ray gave up on a chunk, or mixed chunks up."""
    return WorkspaceError(
        f"The Ray cluster lost a chunk: {how}.", fix="Run the same again: what is written is kept."
    )
