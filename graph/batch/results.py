"""Reading what a batch wrote, also while it runs or after it was killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.errors import WorkspaceError
from graph.batch.ledger import LedgerState, read_ledger
from graph.batch.parts import intact_chunks, read_part
from graph.batch.schema import SCHEMA
from graph.batch.summary import RunSummary, Tally


def read_verdicts(out: Path) -> Iterator[dict[str, Any]]:
    """All rows in the catalog's order, one part in memory at a time.

    A row is `row` and the fields of a verdict; an error row has the status `error`.

    Raises:
        WorkspaceError: `out` holds no batch, or a part or the ledger is damaged.
    """
    for table in _tables(out):
        yield from table.to_pylist(maps_as_pydicts="strict")


def read_table(out: Path) -> pa.Table:
    """All rows as one table, in the catalog's order; columns as in `graph.batch.schema.SCHEMA`.

    Raises:
        WorkspaceError: as `read_verdicts`.
    """
    return pa.concat_tables([SCHEMA.empty_table(), *_tables(out)])


def batch_status(out: Path) -> RunSummary:
    """What `out` holds; only rows whose part is intact are counted.

    Raises:
        WorkspaceError: `out` holds no batch, or the ledger is damaged.
    """
    state = _state(out)
    intact = intact_chunks(out, state.chunks)
    ended = state.end is not None and len(intact) == len(state.chunks)
    reason = state.end.reason if state.end and ended else "unfinished"
    return Tally.of(intact.values()).summary(reason, state.seconds)


def _tables(out: Path) -> Iterator[pa.Table]:
    return (read_part(out, done) for done in _state(out).chunks.values())


def _state(out: Path) -> LedgerState:
    state = read_ledger(out)
    if not state.starts:
        raise WorkspaceError(f"`{out}` holds no batch.", fix="Run a batch into it first.")
    return state
