"""The verdicts of an earlier batch by what they were made from: what did not change is not done again.

The index of the earlier batch is a temporary SQLite database on disk, so that memory does not grow with it.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa

from graph.batch.changes import changes
from graph.batch.hashing import fingerprint_hash
from graph.batch.ledger import ChunkDone
from graph.batch.parts import read_part
from graph.batch.results import ledger_of
from graph.batch.schema import ERROR_STATUS, VERDICT_COLUMNS, verdict_of
from graph.verdict import Verdict

# What does not decide a verdict: which catalog a product stands in, and how the batch was cut.
ELSEWHERE = frozenset(
    {"source", "source_bytes", "source_start", "columns", "chunk_rows", "keep_latency", "since"}
)
# A language model that failed, and what could not be read, may fare better today.
_NOT_TAKEN = frozenset({ERROR_STATUS, "degraded"})
_PARTS_KEPT = 8
_ASKED_AT_ONCE = 500


class Past:
    """An earlier batch; threads may share it.

    Attributes:
        identity: hash over what is taken over; a run that goes on must have the same.
        changed: why verdicts are not taken over, in words; empty where all of them can be.

    Raises:
        WorkspaceError: `folder` holds no batch, or a part or the ledger is damaged.
    """

    def __init__(self, folder: Path, fingerprint: Mapping[str, str]) -> None:
        state = ledger_of(folder)
        fits = [not difference(start.fingerprint, fingerprint) for start in state.starts]
        self._folder = folder
        self._chunks = {n: c for n, c in state.chunks.items() if all(fits[run] for run in state.made_by[n])}
        self.changed = [] if all(fits) else difference(state.starts[-1].fingerprint, fingerprint)
        self.identity = fingerprint_hash({str(n): chunk.sha256 for n, chunk in self._chunks.items()})[:16]
        self._lock = threading.Lock()
        self._parts: OrderedDict[int, pa.Table] = OrderedDict()
        self._index = sqlite3.connect("", check_same_thread=False)  # on disk, gone when closed
        self._index.execute("CREATE TABLE place (hash TEXT PRIMARY KEY, chunk INT, row INT) WITHOUT ROWID")
        for chunk in self._chunks.values():
            self._add(chunk)
        self._index.commit()

    def verdicts(self, hashes: Iterable[str]) -> dict[str, Verdict]:
        """The verdicts of the products that have not changed, by their hash."""
        with self._lock:
            places = self._places(hashes)
            return {key: self._verdict(chunk, row) for key, chunk, row in places}

    def known(self, hashes: Iterable[str]) -> set[str]:
        """The hashes of those of these products that have not changed."""
        with self._lock:
            return {key for key, _, _ in self._places(hashes)}

    def close(self) -> None:
        self._index.close()

    def _add(self, chunk: ChunkDone) -> None:
        table = read_part(self._folder, chunk, ["status", "product_hash"])
        rows = zip(table["product_hash"].to_pylist(), table["status"].to_pylist(), strict=True)
        places = [
            (key, chunk.chunk, row)
            for row, (key, status) in enumerate(rows)
            if key and status not in _NOT_TAKEN
        ]
        self._index.executemany("INSERT OR REPLACE INTO place VALUES (?, ?, ?)", places)

    def _places(self, hashes: Iterable[str]) -> list[tuple[str, int, int]]:
        rest = iter(hashes)
        found: list[tuple[str, int, int]] = []
        while asked := list(islice(rest, _ASKED_AT_ONCE)):
            marks = ",".join("?" * len(asked))
            query = f"SELECT hash, chunk, row FROM place WHERE hash IN ({marks}) ORDER BY chunk, row"
            found += self._index.execute(query, asked).fetchall()
        return found

    def _verdict(self, chunk: int, row: int) -> Verdict:
        if chunk not in self._parts:
            self._parts[chunk] = read_part(self._folder, self._chunks[chunk], VERDICT_COLUMNS)
        self._parts.move_to_end(chunk)
        while len(self._parts) > _PARTS_KEPT:
            self._parts.popitem(last=False)
        (record,) = self._parts[chunk].slice(row, 1).to_pylist(maps_as_pydicts="strict")
        return verdict_of(record)


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two fingerprints as far as it decides verdicts, in words."""
    return changes(_deciding(before), _deciding(now))


def _deciding(fingerprint: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fingerprint.items() if name not in ELSEWHERE}
