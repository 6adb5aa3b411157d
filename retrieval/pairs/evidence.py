"""The labelled products of one category that are nearest to a product."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from catalog.groups import words_key
from retrieval.index import Floats, Positions

Ints = npt.NDArray[np.int64]


def title_groups(titles: Sequence[str]) -> Ints:
    """A number for each title, the same for near-duplicates (`catalog.groups.words_key`), (n,)."""
    numbers: dict[str, int] = {}
    return np.asarray([numbers.setdefault(words_key(t), len(numbers)) for t in titles], dtype=np.int64)


class CategoryEvidence:
    """Finds evidence for and against a category: its labelled products that look most like the product.

    Args:
        vectors: unit vectors of the labelled products, (n, dim).
        labels: taxonomy position of each, (n,).
        groups: near-duplicates share a number, (n,); of each only the nearest is taken.
    """

    def __init__(self, vectors: Floats, labels: Positions, groups: Ints) -> None:
        self._vectors = vectors
        self._groups = groups
        self._rows = np.argsort(labels, kind="stable")
        self._sorted = labels[self._rows]

    def nearest(self, vector: Floats, position: int, count: int, *, leave_out: int = -1) -> list[int]:
        """Rows of at most `count` products of the category, nearest first.

        Args:
            vector: of the product, (dim,).
            position: of the category in the taxonomy.
            leave_out: group of near-duplicates to pass over: the product's own, where it is labelled too.
        """
        start, end = np.searchsorted(self._sorted, [position, position + 1])
        rows = self._rows[start:end]
        order = rows[np.argsort(-(self._vectors[rows] @ vector), kind="stable")]
        seen = {leave_out}
        found: list[int] = []
        for row in order.tolist():
            if len(found) == count:
                break
            group = int(self._groups[row])
            if group not in seen:
                seen.add(group)
                found.append(row)
        return found
