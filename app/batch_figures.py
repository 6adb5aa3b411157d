"""What the page of a batch shows, added up over its parts, one part in memory at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalog.product import PATH_SEPARATOR
from graph.batch.ledger import LedgerState
from graph.batch.parts import read_part

BINS = 20
ACCEPTED = "accepted"

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Department:
    """A first level of the taxonomy: products put there, and those of them that stopped at the gate."""

    name: str
    products: int
    accepted: int


@dataclass(frozen=True)
class Figures:
    """Attributes:
    accepted, others: products by confidence, in `BINS` bins of equal width from 0 to 1.
    departments: largest first.
    seconds: working time at the end of each chunk; `rows` and `cost` what was done and paid by then.
    """

    accepted: Counts
    others: Counts
    departments: Sequence[Department]
    seconds: Sequence[float]
    rows: Sequence[int]
    cost: Sequence[float]


def figures_of(out: Path, state: LedgerState) -> Figures:
    """Add up the parts of a folder.

    Raises:
        WorkspaceError: a part is damaged.
    """
    bins = {True: np.zeros(BINS, np.int64), False: np.zeros(BINS, np.int64)}
    products: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for done in state.chunks.values():
        table = read_part(out, done, ["status", "confidence", "category_path"])
        sure = pc.equal(table["status"], ACCEPTED)
        for is_accepted, rows in ((True, sure), (False, pc.invert(sure))):
            bins[is_accepted] += _histogram(table.filter(rows))
        products.update(_departments(table))
        accepted.update(_departments(table.filter(sure)))
    seconds, rows_done, cost = _course(state)
    named = [Department(name, count, accepted[name]) for name, count in products.most_common()]
    return Figures(bins[True], bins[False], named, seconds, rows_done, cost)


def _histogram(table: pa.Table) -> Counts:
    values = table["confidence"].drop_null().to_numpy()
    counts: Counts = np.histogram(values, bins=BINS, range=(0.0, 1.0))[0]
    return counts


def _departments(table: pa.Table) -> dict[str, int]:
    paths = table["category_path"].drop_null()
    first = pc.list_element(pc.split_pattern(paths, PATH_SEPARATOR, max_splits=1), 0)
    return {each["values"]: each["counts"] for each in pc.value_counts(first).to_pylist()}


def _course(state: LedgerState) -> tuple[list[float], list[int], list[float]]:
    """Seconds, rows and cost as the ledger grew; a chunk that was done again counts its rows once."""
    seconds, rows, cost = [0.0], [0], [0.0]
    for done in state.chunks.values():
        seconds.append(max(seconds[-1], state.seconds_at[done.chunk]))
        rows.append(rows[-1] + done.rows)
        cost.append(cost[-1] + (done.cost or 0.0))
    return seconds, rows, cost
