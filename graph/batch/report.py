"""`errors.jsonl` and `run.json`: written from the ledger and the parts when a run ends."""

import json
import os
import platform
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from graph.batch.changes import accepted_changes
from graph.batch.files import write_atomic
from graph.batch.ledger import ChunkDone, LedgerState
from graph.batch.parts import read_part
from graph.batch.schema import ERROR_STATUS, split_error
from graph.batch.summary import RunSummary

ERRORS_NAME = "errors.jsonl"
RUN_NAME = "run.json"
_PACKAGES = ("dual-expert", "torch", "transformers", "langgraph", "langchain-core", "faiss-cpu", "pyarrow")
_MIB = 1 << 20


def write_errors(folder: Path, chunks: Iterable[ChunkDone]) -> None:
    """Lists the error rows, one JSON object a line: `row`, `product_id`, `kind`, `message`.

    Args:
        chunks: in row order, with intact parts.

    Raises:
        WorkspaceError: the disk is full or refuses.
    """
    write_atomic(folder / ERRORS_NAME, (_error_lines(folder, done) for done in chunks if done.errors))


def write_run(folder: Path, summary: RunSummary, state: LedgerState) -> None:
    """Writes what the run came to, what it was made from and where it ran.

    Raises:
        WorkspaceError: the disk is full or refuses.
    """
    run = {
        **summary.model_dump(),
        "fingerprint": state.starts[-1].fingerprint,
        "accepted_changes": accepted_changes(state.starts),
        "runs": len(state.starts),
        "started": state.starts[0].started,
        "finished": utc_now(),
        "machine": _machine(),
        "peak_rss_mib": _peak_rss_mib(),
        "versions": dict(_versions()),
    }
    write_atomic(folder / RUN_NAME, [json.dumps(run, indent=2).encode() + b"\n"])


def utc_now() -> str:
    """The time in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _error_lines(folder: Path, done: ChunkDone) -> bytes:
    table = read_part(folder, done, ["row", "product_id", "status", "error"])
    rows = table.filter(pc.field("status") == ERROR_STATUS).to_pylist()
    return b"".join(_error_line(row) for row in rows)


def _error_line(row: dict[str, Any]) -> bytes:
    kind, message = split_error(row["error"])
    line = {"row": row["row"], "product_id": row["product_id"], "kind": kind, "message": message}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"platform": platform.platform(), "cores": os.cpu_count(), "memory_mib": memory // _MIB}


def _peak_rss_mib() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // _MIB if sys.platform == "darwin" else peak // 1024  # bytes there, KiB elsewhere


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    for package in _PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
