"""Which products two trees have in common: the best evidence of what a category became."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

# Product id → the paths it is labelled with.
Labels = Mapping[str, tuple[str, ...]]

MIN_PRODUCTS = 3


class SharedProducts:
    """Where the products of each old category are now.

    Args:
        old, new: labels of the products in both states of the catalog.
    """

    def __init__(self, old: Labels, new: Labels) -> None:
        self._moves: dict[str, Counter[str]] = defaultdict(Counter)
        for product_id, paths in old.items():
            for path in paths:
                self._moves[path].update(new.get(product_id, ()))

    def shares(self, old_path: str) -> dict[str, float]:
        """Share of the shared products by new path, largest first; empty when too few are shared."""
        counts = self._moves.get(old_path)
        total = counts.total() if counts else 0
        if counts is None or total < MIN_PRODUCTS:
            return {}
        return {path: n / total for path, n in counts.most_common()}

    def count(self, old_path: str) -> int:
        """Shared products."""
        counts = self._moves.get(old_path)
        return counts.total() if counts else 0


def labels_of(rows: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Labels by product; the first row of a product counts."""
    found: dict[str, tuple[str, ...]] = {}
    for product_id, paths in rows:
        found.setdefault(product_id, paths)
    return found
