"""What a run writes down: parts, lines of the ledger, and what they add up to."""

import time

from agents.llm.usage import Usage
from graph.batch.answers import added, drop_answers, kept_answers
from graph.batch.job import BatchJob
from graph.batch.ledger import ChunkDone, End, LedgerState, LedgerWriter, Start
from graph.batch.parts import intact_chunks, replace_part, write_part, write_successor
from graph.batch.report import write_errors, write_run
from graph.batch.spending import Spending
from graph.batch.summary import Progress, Reason, RunSummary, Tally
from graph.batch.work import FinishedChunk


class Record:
    """The books of one run over one folder, which it holds.

    Attributes:
        intact: the chunks whose part is intact, by number.
    """

    def __init__(self, job: BatchJob, state: LedgerState, ledger: LedgerWriter, spending: Spending) -> None:
        self.intact = intact_chunks(job.out, state.chunks)
        self._job = job
        self._state = state
        self._ledger = ledger
        self._spending = spending
        self._tally = Tally.of(self.intact.values())
        self._rows_before = self._tally.rows
        self._began = time.monotonic()
        self._billed = 0.0
        self._tally.kept = kept_answers(job.out, state.attempts)
        written = sum(done.cost or 0.0 for done in state.chunks.values())
        spending.begin(written + (self._tally.kept.cost or 0.0))

    @property
    def errors(self) -> int:
        """Error rows in the output."""
        return self._tally.errors.total()

    @property
    def rows(self) -> int:
        """Rows in the output."""
        return self._tally.rows

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def append(self, line: Start | ChunkDone) -> None:
        """Raises `WorkspaceError` when the disk is full or refuses."""
        self._ledger.append(line)
        self._state.add(line)

    def write(self, finished: FinishedChunk) -> None:
        """Put a chunk into the output.

        Raises:
            WorkspaceError: the disk is full or refuses.
        """
        out, chunk = self._job.out, finished.done.chunk
        earlier = self._state.chunks.get(chunk)
        attempt = self._state.attempts.get(chunk, 0)
        done = self._bill(finished.done, earlier)
        if earlier is None:
            write_part(out, chunk, finished.part)
            self.append(done)
        else:
            write_successor(out, chunk, finished.part)
            self.append(done)
            replace_part(out, chunk)
        drop_answers(out, chunk, attempt)
        self._count(done)

    def where(self) -> Progress:
        """Where the run stands."""
        job, tally = self._job, self._tally
        rate = (tally.rows - self._rows_before) / max(self.elapsed(), 1e-9)
        total = min((n for n in (job.total_rows, job.limit) if n is not None), default=None)
        left = None if total is None else max(0, total - tally.rows)
        return Progress(
            rows=tally.rows,
            total=total,
            rows_per_second=rate,
            accepted=tally.accepted,
            latency_ms=tally.latency_ms,
            paid=self._spending.paid,
            errors=dict(tally.errors),
            eta_seconds=left / rate if left is not None and rate else None,
        )

    def close(self, end: End | None) -> RunSummary:
        """Write `errors.jsonl` and `run.json`, then the end of the run where it has one.

        Raises:
            WorkspaceError: the disk is full or refuses.
        """
        if end:
            self._state.add(end)
        reason: Reason = end.reason if end else "unfinished"
        self._tally.kept = kept_answers(self._job.out, self._state.attempts)
        summary = self._tally.summary(reason, self._state.seconds)
        write_errors(self._job.out, [done for _, done in sorted(self.intact.items())])
        write_run(self._job.out, summary, self._state)
        if end:
            self._ledger.append(end)
        return summary

    def _bill(self, done: ChunkDone, earlier: ChunkDone | None) -> ChunkDone:
        """The line with its time, and what the chunk cost over all times it was done."""
        price = self._spending.price
        until = self.elapsed()
        machine = price.second * (until - self._billed) if price else None
        self._billed = until
        cost = added(done.cost, machine)
        if earlier is None:
            return done.model_copy(update={"cost": cost, "elapsed": until})
        paid = {name: getattr(done, name) + getattr(earlier, name) for name in Usage.model_fields}
        return done.model_copy(update={**paid, "cost": added(cost, earlier.cost), "elapsed": until})

    def _count(self, done: ChunkDone) -> None:
        earlier = self.intact.get(done.chunk)
        if earlier:
            self._tally.remove(earlier)
        self.intact[done.chunk] = done
        self._tally.add(done)
