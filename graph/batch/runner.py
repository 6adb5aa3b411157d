"""Runs a batch: reads, classifies several chunks at once, writes them in order.

A chunk counts once its line is in the ledger, and its part is on disk before that. So a run that is killed
at any moment loses the chunks in flight and nothing else, and the next one carries on after the last line.
"""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain, islice
from typing import Literal

from graph.batch.chunks import CatalogRow, Chunk, Known, chunks_to_retry, chunks_to_run
from graph.batch.engine import Engine, Threads
from graph.batch.hashing import fingerprint_hash
from graph.batch.job import BatchJob
from graph.batch.ledger import End, EndReason, LedgerState, LedgerWriter, Start, read_ledger
from graph.batch.lock import folder_lock
from graph.batch.parts import make_folders
from graph.batch.record import Record
from graph.batch.report import utc_now
from graph.batch.results import ledger_of
from graph.batch.resume import clear_for
from graph.batch.spending import Spending
from graph.batch.standing import Task, task_of
from graph.batch.summary import Progress, RunSummary
from graph.batch.work import Abandoned, Classify, FinishedChunk, Worker

Listener = Callable[[Progress], None]
Asked = Literal["run", "retry"]


def run_batch(
    job: BatchJob,
    classify: Classify,
    *,
    stop: threading.Event,
    progress: Listener | None = None,
    spending: Spending | None = None,
    engine: Engine | None = None,
) -> RunSummary:
    """Classifies the catalog into `job.out`, or carries on with it.

    Args:
        classify: products to verdicts, in the same order; called by several threads.
        stop: when set, no chunk is begun any more; those in flight are finished and written.
        progress: called after every chunk, by the caller's thread.
        spending: counts what `classify` costs; when it is exhausted, the chunks in flight are left, and
            what was answered of them is kept for the next run.
        engine: works the chunks off; None takes threads of this process.

    Returns:
        The summary of the whole folder; `stopped` when rows are left to do.

    Raises:
        WorkspaceError: the folder is in use, damaged beyond repair, of another job, or cannot be written.
        SettingsError, EncoderError: from `classify`.
        CatalogError: from `job.rows`; the rows before are written.
    """
    make_folders(job.out)
    return _locked(job, classify, "run", stop, progress, spending, engine)


def retry_batch(
    job: BatchJob,
    classify: Classify,
    *,
    stop: threading.Event,
    progress: Listener | None = None,
    spending: Spending | None = None,
    engine: Engine | None = None,
) -> RunSummary:
    """Does the error rows of `job.out` again, and nothing else; arguments and errors as of `run_batch`.

    A chunk's new part takes the place of the old one in one step, with the same promise as a run's.

    Raises:
        WorkspaceError: also when `job.out` holds no batch.
    """
    before = ledger_of(job.out).starts[-1].fingerprint
    return _locked(job.like(before), classify, "retry", stop, progress, spending, engine)


def _locked(
    job: BatchJob,
    classify: Classify,
    task: Asked,
    stop: threading.Event,
    progress: Listener | None,
    spending: Spending | None,
    engine: Engine | None,
) -> RunSummary:
    counted = spending or Spending()
    hungry = (lambda: counted.starving) if spending else (lambda: True)
    engine = engine or Threads(job.chunks_in_flight, hungry)
    with folder_lock(job.out):
        state = read_ledger(job.out)
        clear_for(job, state)
        with closing(LedgerWriter(job.out, state.sound_bytes)) as ledger:
            record = Record(job, state, ledger, counted)
            run = _Run(job, task, state, record, counted, stop)
            return run.run(classify, engine, progress)


class _Run:
    """One run over one folder, which it holds."""

    def __init__(
        self,
        job: BatchJob,
        task: Asked,
        state: LedgerState,
        record: Record,
        spending: Spending,
        stop: threading.Event,
    ) -> None:
        self._job = job
        self._task = task
        self._state = state
        self._record = record
        self._spending = spending
        self._stop = stop
        self._end_before = state.end
        self._exhausted = False
        self._abandoned = False
        self._reading_error: Exception | None = None

    def run(self, classify: Classify, engine: Engine, progress: Listener | None) -> RunSummary:
        plan = self._plan()
        first = self._next_task(plan)
        if self._reading_error:  # the catalog is not the one before, so nothing is noted of this run
            raise self._reading_error
        self._record.append(Start(task=self._task, started=utc_now(), fingerprint=self._job.identity))
        if first:
            rest = iter(lambda: self._next_task(plan), None)
            self._work_off(engine(self._worker(classify), chain([first], rest)), progress)
        if self._reading_error:
            raise self._reading_error
        return self._finish()

    def _plan(self) -> Iterator[Chunk]:
        known = Known(dict(self._state.chunks), self._record.intact, self._state.attempts)
        if self._task == "retry":
            return chunks_to_retry(self._job.rows(), known)
        return chunks_to_run(self._rows(), known, self._job.chunk_rows)

    def _rows(self) -> Iterator[CatalogRow]:
        """The catalog up to the limit, but always the rows that are done."""
        in_ledger = sum(done.rows for done in self._state.chunks.values())
        limit = self._job.limit
        return islice(self._job.rows(), None if limit is None else max(limit, in_ledger))

    def _worker(self, classify: Classify) -> Worker:
        job = self._job
        return Worker(
            classify=classify,
            known_categories=job.known_categories,
            keep_latency=job.keep_latency,
            folder=job.out,
            salt=fingerprint_hash(job.fingerprint),
        )

    def _work_off(self, finished: Generator[FinishedChunk, None, None], progress: Listener | None) -> None:
        with closing(finished):
            try:
                for each in finished:
                    self._record.write(each)
                    if progress:
                        progress(self._record.where())
            except Abandoned:
                self._abandoned = True

    def _next_task(self, plan: Iterator[Chunk]) -> Task | None:
        """The next chunk that is not done; None when there is none or none shall be begun."""
        while not self._halted():
            try:
                chunk = next(plan, None)
                if chunk is None:
                    self._exhausted = True
                    return None
                if not chunk.done:
                    return task_of(chunk, self._job.out, self._job.past)
            except Exception as error:  # raised once the chunks in flight are written
                self._reading_error = error
                return None
        return None

    def _halted(self) -> bool:
        if self._exhausted or self._reading_error or self._stop.is_set() or self._spending.exhausted:
            return True
        return self._job.max_errors is not None and self._record.errors >= self._job.max_errors

    def _finish(self) -> RunSummary:
        reason = self._reason()
        return self._record.close(reason and End(reason=reason, elapsed=self._record.elapsed()))

    def _reason(self) -> EndReason | None:
        """Why the run ended; None where it did all it should and an earlier one did not."""
        if self._abandoned or not self._exhausted:
            if self._stop.is_set() and not self._abandoned:
                return "stopped"
            return "max_cost" if self._spending.exhausted else "max_errors"
        if self._task == "retry":
            return self._end_before.reason if self._end_before else None
        limit = self._job.limit
        return "complete" if limit is None or self._record.rows < limit else "limit"
