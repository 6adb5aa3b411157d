"""Whether a run may carry on with what is in a folder."""

from collections.abc import Sequence
from pathlib import Path

from catalog.errors import WorkspaceError
from graph.batch.answers import drop_stale
from graph.batch.changes import changes
from graph.batch.job import BatchJob
from graph.batch.ledger import LEDGER_NAME, LedgerState
from graph.batch.parts import PARTS_NAME, settle_successors, stray_parts


def clear_for(job: BatchJob, state: LedgerState) -> None:
    """Makes the folder ready for the run: refuses what is not ours, mends what a kill left half done.

    Raises:
        WorkspaceError: the folder has parts but no ledger, or was made by another job.
    """
    strays = stray_parts(job.out, len(state.chunks))
    if not state.starts and strays:
        raise WorkspaceError(
            f"`{job.out}` has parts in `{PARTS_NAME}` but no `{LEDGER_NAME}`.",
            fix="Put back the ledger, or choose another folder.",
        )
    if state.starts and not job.accept_changes:
        _refuse_changes(job.out, changes(state.starts[-1].fingerprint, job.identity))
    for part in strays:
        part.unlink()
    settle_successors(job.out, state.chunks)
    drop_stale(job.out, state.attempts)


def _refuse_changes(out: Path, found: Sequence[str]) -> None:
    if found:
        raise WorkspaceError(
            f"`{out}` was begun with other inputs: {'; '.join(found)}.",
            fix="Choose another folder, or pass `--accept-changes` to carry on and keep what is done.",
        )
