"""Whether a run may carry on with what is in a folder."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from catalog.errors import WorkspaceError
from graph.batch.job import BatchJob
from graph.batch.ledger import LEDGER_NAME, LedgerState, Start
from graph.batch.parts import PARTS_NAME, stray_parts

_NO_VALUE = "nothing"


def clear_for(job: BatchJob, state: LedgerState) -> None:
    """Makes the folder ready for the run: refuses what is not ours, drops parts that are not in the ledger.

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


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two fingerprints, in words."""
    return [
        f"`{name}` was {_shown(before, name)}, is now {_shown(now, name)}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def accepted_changes(starts: Sequence[Start]) -> list[str]:
    """All changes over the runs of a folder, oldest first."""
    pairs = pairwise(starts)
    return [change for before, now in pairs for change in changes(before.fingerprint, now.fingerprint)]


def _refuse_changes(out: Path, found: Sequence[str]) -> None:
    if found:
        raise WorkspaceError(
            f"`{out}` was begun with other inputs: {'; '.join(found)}.",
            fix="Choose another folder, or pass `--accept-changes` to carry on and keep what is done.",
        )


def _shown(fingerprint: Mapping[str, str], name: str) -> str:
    return repr(fingerprint[name]) if name in fingerprint else _NO_VALUE
