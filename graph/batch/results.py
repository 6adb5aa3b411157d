"""Reading what a batch wrote, also while it runs or after it was killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.errors import WorkspaceError
from graph.batch.answers import kept_answers
from graph.batch.ledger import LedgerState, read_ledger
from graph.batch.lock import is_held
from graph.batch.parts import intact_chunks, read_part
from graph.batch.schema import SCHEMA, VERDICT_COLUMNS
from graph.batch.summary import Reason, RunSummary, Tally


def read_verdicts(out: Path) -> Iterator[dict[str, Any]]:
    """All rows in the catalog's order, one part in memory at a time.

    A row is `row` and the fields of a verdict; an error row has the status `error`.

    Raises:
        WorkspaceError: `out` holds no batch, or a part or the ledger is damaged.
    """
    state = ledger_of(out)
    for done in state.chunks.values():
        yield from read_part(out, done, VERDICT_COLUMNS).to_pylist(maps_as_pydicts="strict")


def read_table(out: Path) -> pa.Table:
    """All rows as one table, in the catalog's order; columns as in `graph.batch.schema.SCHEMA`.

    Raises:
        WorkspaceError: as `read_verdicts`.
    """
    parts = (read_part(out, done) for done in ledger_of(out).chunks.values())
    return pa.concat_tables([SCHEMA.empty_table(), *parts])


def batch_status(out: Path) -> RunSummary:
    """What `out` holds; only rows whose part is intact are counted.

    Raises:
        WorkspaceError: `out` holds no batch, or the ledger is damaged.
    """
    running = is_held(out)  # asked first: a run that ends meanwhile is then told as ended by its ledger
    state = ledger_of(out)
    intact = intact_chunks(out, state.chunks)
    tally = Tally.of(intact.values())
    tally.kept = kept_answers(out, state.attempts)
    return tally.summary(
        _reason(state, whole=len(intact) == len(state.chunks), running=running), state.seconds
    )


def ledger_of(out: Path) -> LedgerState:
    """The ledger of a folder that holds a batch.

    Raises:
        WorkspaceError: it holds none, or the ledger is damaged.
    """
    state = read_ledger(out)
    if not state.starts:
        raise WorkspaceError(f"`{out}` holds no batch.", fix="Run a batch into it first.")
    return state


def _reason(state: LedgerState, *, whole: bool, running: bool) -> Reason:
    if state.end is not None and whole:
        return state.end.reason
    return "running" if running else "unfinished"
