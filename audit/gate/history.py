"""All audits of a gate, one line each, appended to a file of the workspace."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.gate.drift import Drift
from audit.gate.estimate import Estimate, Promise
from catalog.errors import WorkspaceError
from retrieval.gate import Opening


class GateAudit(BaseModel):
    """One audit and what came of it.

    Attributes:
        time: UTC, ISO 8601.
        source: name of the catalog or batch.
        model: of the auditor; empty where nothing was asked.
        products: drawn from the source, without rows that the workspace was trained on.
        accepted: of them.
        trained: rows of the source left out, because the workspace was trained on them.
        failed: products that the auditor gave no answer to; left out.
        errors: rows of the source that cannot be read.
        thresholds: in force, by group; one unnamed group where there are none.
        promise: `kept`, `broken`, `unclear`, `unknown`; `none` where the gate promises no accuracy.
        proposed: openings, by group, that would mend a broken promise.
        applied: they were written into the gate.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: str
    source: str
    model: str
    seed: int
    products: int
    accepted: int
    trained: int
    failed: int
    errors: int
    target_accuracy: float
    thresholds: Mapping[str, float | None]
    estimate: Estimate
    promise: Promise
    drift: Drift
    proposed: Mapping[str, Opening] = Field(default_factory=dict)
    applied: bool = False


def append_audit(path: Path, audit: GateAudit) -> None:
    """Add a line, in one write that reaches the disk.

    Raises:
        WorkspaceError: the file cannot be written.
    """
    line = audit.model_dump_json() + "\n"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(handle, (_mending(handle) + line).encode("utf-8"))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise WorkspaceError(f"`{path}` cannot be written: {error}.", fix="Make it writable.") from error


def read_audits(path: Path) -> list[GateAudit]:
    """All audits, the oldest first; none when the file is not there. A line torn by a kill is passed over.

    Raises:
        WorkspaceError: the file cannot be read, or a whole line is not an audit.
    """
    if not path.is_file():
        return []
    try:
        lines = path.read_text("utf-8", errors="replace").split("\n")
        return [GateAudit.model_validate_json(line) for line in lines if _is_whole(line)]
    except (OSError, ValidationError) as error:
        raise WorkspaceError(f"`{path}` cannot be used: {error}", fix="Move it away.") from error


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _mending(handle: int) -> str:
    """What ends a line that a kill has torn."""
    size = os.fstat(handle).st_size
    return "\n" if size and os.pread(handle, 1, size - 1) != b"\n" else ""
