"""Which rows make which chunk, and which chunks are left to do."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from catalog.chunks import chunked
from catalog.errors import WorkspaceError
from catalog.product import Row, RowError
from graph.batch.ledger import ChunkDone

CatalogRow = Row | RowError


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of the catalog; the rows may be many, so nobody holds many chunks.

    Attributes:
        done: the rows are in the output already and shall stay as they are.
        attempt: how often the ledger has the chunk.
        keep: the verdicts in this line's part stay; its error rows, and rows it does not have, are done.
    """

    number: int
    rows: list[CatalogRow]
    done: bool = False
    attempt: int = 0
    keep: ChunkDone | None = None


@dataclass(frozen=True)
class Known:
    """What is in the folder.

    Attributes:
        chunks: all chunks in the ledger, by number.
        intact: those of them whose part is intact.
        attempts: how often the ledger has each chunk.
    """

    chunks: Mapping[int, ChunkDone]
    intact: Mapping[int, ChunkDone]
    attempts: Mapping[int, int]


def chunks_to_run(rows: Iterator[CatalogRow], known: Known, size: int) -> Iterator[Chunk]:
    """All chunks of the catalog in order, the done ones as they were cut before, the rest of `size` rows.

    A last chunk that a limit cut short is filled up when more rows follow it, so that the parts do not tell
    where a run was limited.

    Raises:
        WorkspaceError: the catalog no longer holds the products that are already done.
    """
    last = len(known.chunks) - 1
    for number, line in known.chunks.items():
        taken = list(islice(rows, line.rows))
        if products_crc(taken) != line.products:
            raise other_products(line)
        more = list(islice(rows, max(0, size - line.rows))) if number == last else []
        intact = number in known.intact
        keep = line if intact and more else None
        yield Chunk(number, taken + more, intact and not more, known.attempts[number], keep)
    for number, taken in enumerate(chunked(rows, size), len(known.chunks)):
        yield Chunk(number, taken)


def chunks_to_retry(rows: Iterator[CatalogRow], known: Known) -> Iterator[Chunk]:
    """The chunks in the ledger, to be done again where they have error rows and an intact part.

    An error row may have another id now, as it may have been mended; the others are compared with the part
    when it is done.

    Raises:
        WorkspaceError: the catalog has fewer rows than are done.
    """
    for number, line in known.chunks.items():
        taken = list(islice(rows, line.rows))
        if len(taken) < line.rows:
            raise other_products(line)
        again = number in known.intact and bool(line.errors)
        yield Chunk(number, taken, not again, known.attempts[number], line if again else None)


def product_id(row: CatalogRow) -> str:
    """The id of a good or bad row, empty when it has none."""
    return row.product.product_id if isinstance(row, Row) else row.product_id


def products_crc(rows: list[CatalogRow]) -> int:
    """crc32 over the ids of the rows."""
    text = "\n".join(product_id(row) for row in rows)
    return zlib.crc32(text.encode("utf-8", "backslashreplace"))


def other_products(line: ChunkDone) -> WorkspaceError:
    """The refusal of a catalog that is not the one before."""
    return WorkspaceError(
        f"Rows {line.first} to {line.last} of the catalog are not the products that were classified.",
        fix="Put back the catalog as it was, or choose another folder.",
    )
