"""The parts of the output: one Parquet file a chunk, checked against the ledger."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from catalog.errors import WorkspaceError
from graph.batch.files import sync_folder, write_atomic, writing
from graph.batch.ledger import ChunkDone
from graph.batch.schema import decode_part

PARTS_NAME = "verdicts"


def part_path(folder: Path, chunk: int) -> Path:
    """Where the part of a chunk is; names sort in row order up to a million parts."""
    return folder / PARTS_NAME / f"part-{chunk:06d}.parquet"


def make_folders(folder: Path) -> None:
    """Makes the output folder and the folder of its parts.

    Raises:
        WorkspaceError: the system refuses.
    """
    with writing(folder):
        (folder / PARTS_NAME).mkdir(parents=True, exist_ok=True)
        sync_folder(folder)
        sync_folder(folder.parent)


def digest(data: bytes) -> str:
    """The checksum of a part, as the ledger has it."""
    return hashlib.sha256(data).hexdigest()


def write_part(folder: Path, chunk: int, data: bytes) -> None:
    """Puts a part in place.

    Raises:
        WorkspaceError: the disk is full or refuses.
    """
    write_atomic(part_path(folder, chunk), [data])


def is_intact(folder: Path, done: ChunkDone) -> bool:
    """Whether the part is there and is the one that was written."""
    return digest(_content(part_path(folder, done.chunk))) == done.sha256


def intact_chunks(folder: Path, chunks: Mapping[int, ChunkDone]) -> dict[int, ChunkDone]:
    """The chunks whose parts are intact; every part is read once."""
    return {number: done for number, done in chunks.items() if is_intact(folder, done)}


def read_part(folder: Path, done: ChunkDone, columns: Sequence[str] | None = None) -> pa.Table:
    """One part as a table.

    Raises:
        WorkspaceError: it is missing or not the one that was written.
    """
    path = part_path(folder, done.chunk)
    data = _content(path)
    if digest(data) != done.sha256:
        raise WorkspaceError(
            f"`{path}` is {'damaged' if data else 'missing'}.",
            fix="Run the batch again on this folder: it does the part again.",
        )
    return decode_part(data, columns)


def _content(part: Path) -> bytes:
    """What cannot be read counts as lost, and is then done again."""
    try:
        return part.read_bytes()
    except OSError:
        return b""


def stray_parts(folder: Path, known: int) -> list[Path]:
    """Parts from number `known` on: written, but not in the ledger when the run was killed."""
    return sorted(p for p in (folder / PARTS_NAME).glob("part-*.parquet") if _number(p) >= known)


def _number(part: Path) -> int:
    digits = part.stem.removeprefix("part-")
    return int(digits) if digits.isdecimal() else -1
