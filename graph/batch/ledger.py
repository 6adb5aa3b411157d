"""The ledger: one line a finished chunk, appended and synced; what stands in it is done.

A crash can tear the last line only, so a bad last line is dropped and any other bad line is refused.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from catalog.errors import WorkspaceError
from catalog.product import RowErrorKind
from graph.batch.files import sync_folder, write_all, writing
from graph.batch.sealed import sealed, unsealed

LEDGER_NAME = "ledger.jsonl"

EndReason = Literal["complete", "limit", "stopped", "max_errors", "max_cost"]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Line):
    """A run began; `started` is its UTC time in ISO 8601, `task` what it was asked for."""

    kind: Literal["start"] = "start"
    format: Literal[1] = 1
    task: Literal["run", "retry"] = "run"
    started: str
    fingerprint: dict[str, str]


class ChunkDone(_Line):
    """A chunk is done and its part is on disk; a later line for the same chunk takes its place.

    Attributes:
        chunk: number of the chunk and of its part, from 0.
        first, last: numbers of its first and last row.
        products: crc32 over the product ids, by which a changed catalog is noticed.
        statuses: rows by status, error rows as `error`.
        errors: error rows by kind.
        copied: rows whose verdict was taken over from an earlier batch.
        calls, tokens_in, tokens_out, tokens_cached, cache_hits, cost: what the language model took for this
            chunk, over all times it was worked on, answers that could not be used included; `cost` in USD,
            None without a price.
        latency: histograms by node, see `graph.batch.latency`.
        sha256: of the part.
        elapsed: seconds from the start of its run.
    """

    kind: Literal["chunk"] = "chunk"
    chunk: int
    first: int
    last: int
    rows: int
    products: int
    statuses: dict[str, int]
    errors: dict[RowErrorKind, int]
    copied: int = 0
    calls: int = 0
    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0
    cache_hits: int = 0
    cost: float | None = None
    latency: dict[str, dict[int, int]]
    sha256: str
    elapsed: float


class End(_Line):
    """A run ended of its own accord, with everything written."""

    kind: Literal["end"] = "end"
    reason: EndReason
    elapsed: float


Line = Start | ChunkDone | End
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


@dataclass
class LedgerState:
    """What a ledger says.

    Attributes:
        starts: all runs, oldest first.
        chunks: by number, in their order, without gaps.
        seconds_at: working time when each chunk was first done.
        made_by: the runs that wrote a chunk, as places in `starts`, oldest first.
        end: how the latest run ended; None while it runs or when it was killed.
        earlier_seconds, run_seconds: working time of the runs before the latest, and of the latest.
        sound_bytes: length of the file up to a torn last line.
    """

    starts: list[Start] = field(default_factory=list)
    chunks: dict[int, ChunkDone] = field(default_factory=dict)
    seconds_at: dict[int, float] = field(default_factory=dict)
    made_by: dict[int, list[int]] = field(default_factory=dict)
    end: End | None = None
    earlier_seconds: float = 0.0
    run_seconds: float = 0.0
    sound_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Working time of all runs, of a killed one up to its last chunk."""
        return self.earlier_seconds + self.run_seconds

    @property
    def attempts(self) -> dict[int, int]:
        """How often each chunk was done."""
        return {chunk: len(runs) for chunk, runs in self.made_by.items()}

    def add(self, line: Line) -> None:
        if isinstance(line, Start):
            self.starts.append(line)
            self.end = None
            self.earlier_seconds, self.run_seconds = self.seconds, 0.0
            return
        self.run_seconds = max(self.run_seconds, line.elapsed)
        if isinstance(line, ChunkDone):
            self.chunks[line.chunk] = line
            self.seconds_at.setdefault(line.chunk, self.seconds)
            self.made_by.setdefault(line.chunk, []).append(len(self.starts) - 1)
        else:
            self.end = line


def read_ledger(folder: Path) -> LedgerState:
    """The ledger of `folder`, empty when there is none; a torn last line does not count.

    Raises:
        WorkspaceError: a line other than the last is damaged, a chunk is missing, or the ledger is of
            another version.
    """
    path = folder / LEDGER_NAME
    state = LedgerState()
    try:
        *lines, torn = path.read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return state
    for number, raw in enumerate(lines, 1):
        body = unsealed(raw)
        if body is None:
            if number == len(lines) and not torn:
                break
            raise _damaged(path, number, "is damaged")
        line = _parse(path, number, body)
        if isinstance(line, ChunkDone) and line.chunk > len(state.chunks):
            raise _damaged(path, number, "follows a missing line")
        state.add(line)
        state.sound_bytes += len(raw) + 1
    return state


class LedgerWriter:
    """Appends to a ledger; a line is on disk when `append` returns."""

    def __init__(self, folder: Path, sound_bytes: int) -> None:
        self.path = folder / LEDGER_NAME
        with writing(self.path):
            self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.ftruncate(self._handle, sound_bytes)
            sync_folder(folder)

    def append(self, line: Line) -> None:
        """Raises `WorkspaceError` when the disk is full or refuses."""
        with writing(self.path):
            write_all(self._handle, sealed(line))
            os.fsync(self._handle)

    def close(self) -> None:
        os.close(self._handle)


def _parse(path: Path, number: int, body: bytes) -> Line:
    try:
        return _LINE.validate_json(body)
    except ValidationError as error:
        raise WorkspaceError(
            f"Line {number} of `{path}` was written by another version of Dual-Expert.",
            fix="Go on with that version, or choose another folder.",
        ) from error


def _damaged(path: Path, number: int, what: str) -> WorkspaceError:
    return WorkspaceError(
        f"Line {number} of `{path}` {what}.",
        fix=f"Put back a copy of the ledger, or delete line {number} and all after it: "
        "their chunks are then done again.",
    )
