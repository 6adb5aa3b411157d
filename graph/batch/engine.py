"""How chunks become parts: by threads of this process.

An engine takes tasks in their order and gives finished chunks in the same order. `Worker.finish` is all it
runs, and both sides of it can be pickled, so that `graph.batch.ray_engine` can run it elsewhere.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from graph.batch.standing import Task
from graph.batch.work import FinishedChunk, Worker

Engine = Callable[[Worker, Iterator[Task]], Generator[FinishedChunk, None, None]]

# One chunk is in the encoder while another is read, ranked or written.
_ALWAYS = 2
_IN_MEMORY = 4
_LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Threads:
    """Works on several chunks at once.

    Attributes:
        most: chunks that are worked on at the same time; four times as many may be in memory, the others as
            finished parts, much smaller, that wait for an earlier chunk to be written.
        hungry: whether more than two chunks are worth their memory just now. The language model's slowest
            answers hold up their chunk, so others must keep its slots busy meanwhile.
    """

    most: int
    hungry: Callable[[], bool]

    def __call__(self, worker: Worker, tasks: Iterator[Task]) -> Generator[FinishedChunk, None, None]:
        """Finished chunks in their order.

        Raises:
            whatever `worker.finish` raises for the first chunk in order that fails; what is in flight is
            waited for.
        """
        in_flight: deque[Future[FinishedChunk]] = deque()
        pool = ThreadPoolExecutor(self.most, thread_name_prefix="batch")
        try:
            while True:
                while self._room(in_flight) and (task := next(tasks, None)):
                    in_flight.append(pool.submit(worker.finish, task))
                if not in_flight:
                    return
                if wait([in_flight[0]], timeout=_LOOK_SECONDS).done:
                    yield in_flight.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _room(self, in_flight: Sequence[Future[FinishedChunk]]) -> bool:
        """Whether to begin another chunk now; one that can be written goes first."""
        if in_flight and in_flight[0].done():
            return False
        working = sum(not future.done() for future in in_flight)
        if working >= self.most or len(in_flight) >= _IN_MEMORY * self.most:
            return False
        return working < _ALWAYS or self.hungry()
