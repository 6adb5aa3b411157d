"""How chunks become parts on a Ray cluster: by actors of Ray Data, each with an encoder of its own.

The driver reads the catalog, writes parts and ledger, and is the only one that does. Tasks go to the actors
as pickled bytes; finished chunks come back in order. An actor that dies is begun again with the tasks it
had. Where Ray gives up, the run ends, and the same run again carries on after the last line of the ledger.
"""

import logging
import pickle
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.util.queue import Queue

from catalog.errors import WorkspaceError
from graph.batch.ledger import LEDGER_NAME
from graph.batch.ray_cluster import here, node
from graph.batch.ray_feed import COLUMN, Feed, block, lost, taken
from graph.batch.standing import Task
from graph.batch.work import FinishedChunk, Worker

# Bytes: a block of Ray Data shall be one task.
_ONE_ROW_A_BLOCK = 1
_NEVER = -1.0
_NODE_LABEL = "ray.io/node-id"


@dataclass(frozen=True)
class RayActors:
    """Works on chunks in actors.

    Attributes:
        actors: how many.
        together: chunks that an actor works on at the same time.
        gpus: of each actor.
    """

    actors: int
    together: int
    gpus: int = 0

    def __call__(self, worker: Worker, tasks: Iterator[Task]) -> Generator[FinishedChunk, None, None]:
        """Finished chunks in their order.

        Raises:
            whatever `worker.finish` raises for the first chunk in order that fails.
            WorkspaceError: the cluster lost a chunk, or a node does not see the output folder.
        """
        queue = Queue(maxsize=self.actors, actor_options={"num_cpus": 0, **here()})
        with closing(Feed(queue, tasks)) as feed, closing(self._results(queue, worker)) as results:
            feed.start()
            for result in results:
                if isinstance(result, Exception):
                    raise result
                feed.came_back(result.done.chunk)
                yield result
            feed.all_came_back()

    def _results(self, queue: Queue, worker: Worker) -> Generator[FinishedChunk | Exception, None, None]:
        _configure(DataContext.get_current())
        pool = ActorPoolStrategy(
            size=self.actors,
            max_tasks_in_flight_per_actor=2 * self.together,
            max_concurrent_calls_per_actor=self.together,
            enable_true_multi_threading=True,
        )
        # The reader only waits, so it takes no CPU: the actors may have them all.
        source = ray.data.from_arrow(block(b"")).map_batches(
            taken,
            fn_args=(queue,),
            batch_format="pyarrow",
            num_cpus=0,
            label_selector={_NODE_LABEL: node()},
        )
        results = source.map_batches(
            _Actor,
            fn_constructor_args=(pickle.dumps(replace(worker, folder=worker.folder.absolute())),),
            batch_format="pyarrow",
            compute=pool,
            num_cpus=1,
            num_gpus=self.gpus,
        )
        try:
            for row in results.iter_rows():
                yield pickle.loads(row[COLUMN])
        except ray.exceptions.RayError as error:
            raise lost(str(error)) from error


class _Actor:
    """A worker in a process of its own; it gives back what it raises, so that Ray does not try again."""

    def __init__(self, worker: bytes) -> None:
        self._worker: Worker = pickle.loads(worker)

    def __call__(self, batch: pa.Table) -> pa.Table:
        task: Task = pickle.loads(batch[COLUMN][0].as_py())
        return block(pickle.dumps(self._finished(task)))

    def _finished(self, task: Task) -> FinishedChunk | Exception:
        if not (self._worker.folder / LEDGER_NAME).exists():
            return WorkspaceError(
                f"A node of the cluster does not see `{self._worker.folder}`.",
                fix="Put output and workspace into a folder that all nodes share.",
            )
        try:
            return self._worker.finish(task)
        except Exception as error:
            return _portable(error)


def _configure(context: DataContext) -> None:
    context.execution_options.preserve_order = True
    context.target_max_block_size = _ONE_ROW_A_BLOCK
    context.execution_no_progress_timeout_s = _NEVER  # a slow language model is no standstill
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.WARNING)


def _portable(error: Exception) -> Exception:
    """The error itself where it can be sent, else its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
