"""A confusion matrix small enough to read."""

from collections import Counter
from collections.abc import Sequence

from evaluation.breakdown import ConfusedPair
from evaluation.record import Record

SHOWN = 15
OTHERS = "all others"


class Cell(Record):
    """Products of the row's group that were put into the column's: `count`, and their `share` of the row."""

    count: int
    share: float


class MatrixRow(Record):
    """A true group, its number of products and one cell a group, in the order of the rows."""

    name: str
    n: int
    cells: tuple[Cell, ...]


def confusion_matrix(pairs: Sequence[ConfusedPair], shown: int = SHOWN) -> tuple[MatrixRow, ...]:
    """Rows of true groups, the largest first; past `shown` they stand together as `OTHERS`, at the end.

    A right answer within `OTHERS` is on the diagonal like a mistake within it.

    Args:
        pairs: all of them, as from `breakdown.confusion_counts`.
    """
    sizes = {pair.truth: pair.of for pair in pairs}
    sizes |= {pair.prediction: 0 for pair in pairs if pair.prediction not in sizes}
    ranked = sorted(sizes, key=lambda name: (-sizes[name], name))
    kept = ranked if len(ranked) <= shown else ranked[:shown]
    names = kept if len(kept) == len(ranked) else [*kept, OTHERS]
    place = {name: i for i, name in enumerate(kept)}
    counts: Counter[tuple[int, int]] = Counter()
    for pair in pairs:
        counts[place.get(pair.truth, len(kept)), place.get(pair.prediction, len(kept))] += pair.count
    return tuple(_row(name, [counts[i, j] for j in range(len(names))]) for i, name in enumerate(names))


def _row(name: str, counts: Sequence[int]) -> MatrixRow:
    n = sum(counts)
    return MatrixRow(name=name, n=n, cells=tuple(Cell(count=c, share=c / n if n else 0.0) for c in counts))
