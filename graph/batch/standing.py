"""What of a chunk stands already: verdicts of its own part, and verdicts of an earlier batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog.product import Row
from graph.batch.chunks import CatalogRow, Chunk, other_products, product_id
from graph.batch.hashing import product_hash
from graph.batch.ledger import ChunkDone
from graph.batch.parts import read_part
from graph.batch.past import Past
from graph.batch.schema import ERROR_STATUS, Answer, verdict_of


@dataclass(frozen=True)
class Task:
    """A chunk with all that is read from files for it, so that it can be done anywhere.

    Attributes:
        kept: verdicts of its part that stay, by row number.
        copied: verdicts that an earlier batch has, by row number.
    """

    chunk: Chunk
    kept: Mapping[int, Answer] = field(default_factory=dict)
    copied: Mapping[int, Answer] = field(default_factory=dict)

    @property
    def standing(self) -> Mapping[int, Answer]:
        """Both."""
        return {**self.kept, **self.copied}


def task_of(chunk: Chunk, folder: Path, past: Past | None) -> Task:
    """Look up what stands of a chunk.

    Args:
        folder: of the output.
        past: an earlier batch whose verdicts are taken over.

    Raises:
        WorkspaceError: a part is damaged, or the catalog no longer holds the products that are done.
    """
    kept = _kept(chunk.rows, folder, chunk.keep) if chunk.keep else {}
    copied = _copied([row for row in chunk.rows if row.number not in kept], past) if past else {}
    return Task(chunk, kept, copied)


def _kept(rows: Sequence[CatalogRow], folder: Path, line: ChunkDone) -> Mapping[int, Answer]:
    records = read_part(folder, line).to_pylist(maps_as_pydicts="strict")
    good = [record for record in records if record["status"] != ERROR_STATUS]
    now = {row.number: product_id(row) for row in rows}
    if any(now.get(record["row"]) != record["product_id"] for record in good):
        raise other_products(line)
    return {
        record["row"]: Answer(record["row"], verdict_of(record), record["product_hash"]) for record in good
    }


def _copied(rows: Sequence[CatalogRow], past: Past) -> Mapping[int, Answer]:
    numbers = {product_hash(row.product): row.number for row in rows if isinstance(row, Row)}
    found = past.verdicts(numbers)
    return {numbers[key]: Answer(numbers[key], verdict, key) for key, verdict in found.items()}
