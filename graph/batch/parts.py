"""The parts of the output: one Parquet file a chunk, checked against the ledger.

A part that takes the place of another waits beside it until the ledger has its line. So whatever moment a
kill comes, the part that the ledger speaks of is there: in its place, or beside it and then put in place.
"""

import hashlib
import os
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


def write_successor(folder: Path, chunk: int, data: bytes) -> None:
    """Puts a part beside the one whose place it will take.

    Raises:
        WorkspaceError: the disk is full or refuses.
    """
    write_atomic(_successor_path(part_path(folder, chunk)), [data])


def replace_part(folder: Path, chunk: int) -> None:
    """The ledger has the successor's line: it takes its place.

    Raises:
        WorkspaceError: the system refuses.
    """
    path = part_path(folder, chunk)
    with writing(path):
        os.replace(_successor_path(path), path)
        sync_folder(path.parent)


def settle_successors(folder: Path, chunks: Mapping[int, ChunkDone]) -> None:
    """Ends what a kill interrupted: a successor that the ledger has takes its place, any other goes.

    Raises:
        WorkspaceError: the system refuses.
    """
    for path in sorted((folder / PARTS_NAME).glob(".part-*.parquet.next")):
        chunk = _number(path.name)
        if chunk in chunks and digest(_content(path)) == chunks[chunk].sha256:
            replace_part(folder, chunk)
        else:
            path.unlink(missing_ok=True)


def is_intact(folder: Path, done: ChunkDone) -> bool:
    """Whether the part is there and is the one that was written."""
    return _find(folder, done) is not None


def intact_chunks(folder: Path, chunks: Mapping[int, ChunkDone]) -> dict[int, ChunkDone]:
    """The chunks whose parts are intact; every part is read once."""
    return {number: done for number, done in chunks.items() if is_intact(folder, done)}


def read_part(folder: Path, done: ChunkDone, columns: Sequence[str] | None = None) -> pa.Table:
    """One part as a table.

    Raises:
        WorkspaceError: it is missing or not the one that was written.
    """
    data = _find(folder, done)
    if data is None:
        path = part_path(folder, done.chunk)
        raise WorkspaceError(
            f"`{path}` is {'damaged' if _content(path) else 'missing'}.",
            fix="Run the batch again on this folder: it does the part again.",
        )
    return decode_part(data, columns)


def _find(folder: Path, done: ChunkDone) -> bytes | None:
    """The content that the ledger speaks of, also where it is not in its place yet."""
    path = part_path(folder, done.chunk)
    contents = (_content(place) for place in (path, _successor_path(path), path))
    return next((content for content in contents if digest(content) == done.sha256), None)


def _successor_path(part: Path) -> Path:
    """Its name begins with a dot, so that nobody who reads the folder takes it for a part."""
    return part.with_name(f".{part.name}.next")


def _content(part: Path) -> bytes:
    """What cannot be read counts as lost, and is then done again."""
    try:
        return part.read_bytes()
    except OSError:
        return b""


def stray_parts(folder: Path, known: int) -> list[Path]:
    """Parts from number `known` on: written, but not in the ledger when the run was killed."""
    return sorted(p for p in (folder / PARTS_NAME).glob("part-*.parquet") if _number(p.name) >= known)


def _number(name: str) -> int:
    digits = name.lstrip(".").removeprefix("part-").partition(".")[0]
    return int(digits) if digits.isdecimal() else -1
