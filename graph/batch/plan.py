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
    """Consecutive rows; `done` when they are in the output already."""

    number: int
    rows: list[CatalogRow]
    done: bool = False


def plan_chunks(
    rows: Iterator[CatalogRow], chunks: Mapping[int, ChunkDone], intact: Mapping[int, ChunkDone], size: int
) -> Iterator[Chunk]:
    """All chunks of the catalog in order, the done ones as they were cut before, the rest of `size` rows.

    A last chunk that a limit cut short is filled up and done again when more rows follow it, so that the
    parts do not tell where a run was limited.

    Args:
        chunks: all chunks in the ledger, by number.
        intact: those of them whose part is intact.

    Raises:
        WorkspaceError: the catalog no longer holds the products that are already done.
    """
    last = len(chunks) - 1
    for number, known in chunks.items():
        taken = list(islice(rows, known.rows))
        _check_same(taken, known)
        more = list(islice(rows, max(0, size - known.rows))) if number == last else []
        yield Chunk(number, taken + more, done=number in intact and not more)
    for number, taken in enumerate(chunked(rows, size), len(chunks)):
        yield Chunk(number, taken)


def product_id(row: CatalogRow) -> str:
    """The id of a good or bad row, empty when it has none."""
    return row.product.product_id if isinstance(row, Row) else row.product_id


def products_crc(rows: list[CatalogRow]) -> int:
    """crc32 over the ids of the rows."""
    text = "\n".join(product_id(row) for row in rows)
    return zlib.crc32(text.encode("utf-8", "backslashreplace"))


def _check_same(rows: list[CatalogRow], known: ChunkDone) -> None:
    if products_crc(rows) != known.products:
        raise WorkspaceError(
            f"Rows {known.first} to {known.last} of the catalog are not the products that were classified.",
            fix="Put back the catalog as it was, or choose another folder.",
        )
