"""Runs a batch: reads, classifies several chunks at once, writes them in order.

A chunk counts once its line is in the ledger, and its part is on disk before that. So a run that is killed
at any moment loses the chunks in flight and nothing else, and the next one carries on after the last line.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain, islice

from graph.batch.job import BatchJob
from graph.batch.ledger import ChunkDone, End, EndReason, LedgerState, LedgerWriter, Start, read_ledger
from graph.batch.lock import folder_lock
from graph.batch.parts import intact_chunks, make_folders, write_part
from graph.batch.plan import CatalogRow, Chunk, plan_chunks
from graph.batch.report import utc_now, write_errors, write_run
from graph.batch.resume import clear_for
from graph.batch.summary import Progress, RunSummary, Tally
from graph.batch.work import Classify, FinishedChunk, Worker

Listener = Callable[[Progress], None]


def run_batch(
    job: BatchJob, classify: Classify, *, progress: Listener | None = None, stop: threading.Event
) -> RunSummary:
    """Classifies the catalog into `job.out`, or carries on with it.

    Args:
        classify: products to verdicts, in the same order; called by `job.chunks_in_flight` threads.
        progress: called after every chunk, by the caller's thread.
        stop: when set, no chunk is begun any more; those in flight are finished and written.

    Returns:
        The summary of the whole folder; `stopped` when rows are left to do.

    Raises:
        WorkspaceError: the folder is in use, damaged beyond repair, of another job, or cannot be written.
        SettingsError, EncoderError: from `classify`.
        CatalogError: from `job.rows`; the rows before are written.
    """
    make_folders(job.out)
    with folder_lock(job.out):
        state = read_ledger(job.out)
        clear_for(job, state)
        with closing(LedgerWriter(job.out, state.sound_bytes)) as ledger:
            return _Run(job, state, ledger, progress, stop).run(classify)


class _Run:
    """One run over one folder, which it holds."""

    def __init__(
        self,
        job: BatchJob,
        state: LedgerState,
        ledger: LedgerWriter,
        progress: Listener | None,
        stop: threading.Event,
    ) -> None:
        self._job = job
        self._state = state
        self._ledger = ledger
        self._progress = progress
        self._stop = stop
        self._done = intact_chunks(job.out, state.chunks)
        self._tally = Tally.of(self._done.values())
        self._rows_before = self._tally.rows
        self._began = time.monotonic()
        self._exhausted = False
        self._reading_error: Exception | None = None

    def run(self, classify: Classify) -> RunSummary:
        plan = plan_chunks(self._rows(), dict(self._state.chunks), dict(self._done), self._job.chunk_rows)
        first = self._next_chunk(plan)
        if self._reading_error:  # the catalog is not the one before, so nothing is noted of this run
            raise self._reading_error
        self._append(Start(started=utc_now(), fingerprint=self._job.identity))
        if first:
            worker = Worker(classify, self._job.known_categories, self._job.keep_latency, self._elapsed)
            self._work_off(chain([first], plan), worker)
        if self._reading_error:
            raise self._reading_error
        return self._finish()

    def _rows(self) -> Iterator[CatalogRow]:
        """The catalog up to the limit, but always the rows that are done."""
        in_ledger = sum(done.rows for done in self._state.chunks.values())
        limit = self._job.limit
        return islice(self._job.rows(), None if limit is None else max(limit, in_ledger))

    def _work_off(self, plan: Iterator[Chunk], worker: Worker) -> None:
        in_flight: deque[Future[FinishedChunk]] = deque()
        pool = ThreadPoolExecutor(self._job.chunks_in_flight, thread_name_prefix="batch")
        try:
            while True:
                while len(in_flight) < self._job.chunks_in_flight and (chunk := self._next_chunk(plan)):
                    in_flight.append(pool.submit(worker.finish, chunk))
                if not in_flight:
                    return
                self._write(in_flight.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)

    def _next_chunk(self, plan: Iterator[Chunk]) -> Chunk | None:
        """The next chunk that is not done; None when there is none or none shall be begun."""
        while not self._halted():
            try:
                chunk = next(plan, None)
            except Exception as error:  # raised once the chunks in flight are written
                self._reading_error = error
                return None
            if chunk is None:
                self._exhausted = True
                return None
            if not chunk.done:
                return chunk
        return None

    def _halted(self) -> bool:
        if self._exhausted or self._reading_error or self._stop.is_set():
            return True
        return self._job.max_errors is not None and self._tally.errors.total() >= self._job.max_errors

    def _write(self, finished: FinishedChunk) -> None:
        done = finished.done
        write_part(self._job.out, done.chunk, finished.part)
        self._append(done)
        self._count(done)
        if self._progress:
            self._progress(self._where())

    def _count(self, done: ChunkDone) -> None:
        earlier = self._done.get(done.chunk)
        if earlier:
            self._tally.remove(earlier)
        self._done[done.chunk] = done
        self._tally.add(done)

    def _where(self) -> Progress:
        rate = (self._tally.rows - self._rows_before) / max(self._elapsed(), 1e-9)
        total = min((n for n in (self._job.total_rows, self._job.limit) if n is not None), default=None)
        left = None if total is None else max(0, total - self._tally.rows)
        return Progress(
            rows=self._tally.rows,
            total=total,
            rows_per_second=rate,
            accepted=self._tally.accepted,
            errors=dict(self._tally.errors),
            eta_seconds=left / rate if left is not None and rate else None,
        )

    def _finish(self) -> RunSummary:
        end = End(reason=self._reason(), elapsed=self._elapsed())
        self._state.add(end)
        summary = self._tally.summary(end.reason, self._state.seconds)
        write_errors(self._job.out, [done for _, done in sorted(self._done.items())])
        write_run(self._job.out, summary, self._state)
        self._ledger.append(end)
        return summary

    def _reason(self) -> EndReason:
        if not self._exhausted:
            return "stopped" if self._stop.is_set() else "max_errors"
        return "complete" if self._job.limit is None or self._tally.rows < self._job.limit else "limit"

    def _append(self, line: Start | ChunkDone) -> None:
        self._ledger.append(line)
        self._state.add(line)

    def _elapsed(self) -> float:
        return time.monotonic() - self._began
