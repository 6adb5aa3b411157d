"""Products divided into those to learn from and those held out, by category and without leaks.

Products with the same title (by `catalog.text.text_key`) form a group and stay on one side. Whatever is
held out, every category keeps a group to learn from.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from random import Random

from catalog.errors import CatalogError, SettingsError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord
from catalog.product import Product
from catalog.rows import RowRefused, read_id, read_word
from catalog.text import text_key

# Fold of products that are never held out.
KEPT = -1
_MIN_FOLDS = 2
_COLUMNS = ("product_id", "split")


def read_split(path: Path) -> dict[str, str]:
    """Split of each product id, such as `train`, `validation`, `test` or `rare`.

    Raises:
        CatalogError: not a file with the columns `product_id` and `split`, or a row of it is no use.
    """
    source = open_source(path)
    missing = [name for name in _COLUMNS if name not in source.columns()]
    if missing:
        raise CatalogError(f"`{path}` has no column `{missing[0]}`.", fix="Give it `product_id` and `split`.")
    splits: dict[str, str] = {}
    for record in source.records({name: name for name in _COLUMNS}):
        try:
            if isinstance(record, BadRecord):
                raise RowRefused.of(record.problem)
            product_id, split = read_id(record.values), read_word("split", record.values)
        except RowRefused as refused:
            message = f"`{path}` {record.place}: {refused.problem.message}"
            raise CatalogError(message, fix=refused.problem.fix) from refused
        if splits.setdefault(product_id, split) != split:
            message = f"`{path}` {record.place}: {product_id!r} is in {splits[product_id]!r} and {split!r}."
            raise CatalogError(message, fix="Leave it in one of them.")
    if not splits:
        raise CatalogError(f"`{path}` has no rows.", fix="Give it a row for each product.")
    return splits


def stratified_split(
    products: Sequence[Product], *, fraction: float, seed: int
) -> tuple[list[int], list[int]]:
    """Positions of the products kept and of those held out, each in order.

    Of every category (by first path) the share `fraction` of its groups is held out, to within one group
    (a title that stands in several categories counts for the first); a single group stays in the kept part.

    Args:
        fraction: share held out, between 0 and 1.

    Raises:
        SettingsError: `fraction` is not between 0 and 1.
    """
    if not 0.0 < fraction < 1.0:
        raise SettingsError(f"A held out share of {fraction!r} makes no sense.", fix="Choose 0 < share < 1.")
    groups = _Groups(products)
    rng = Random(seed)
    order = groups.shuffled(rng)
    offset = rng.random()
    # Systematic sampling: every stretch of the order, so every category, gives its share.
    steps = [int(i * fraction + offset) for i in range(len(order) + 1)]
    folds = groups.folds({g: 0 for i, g in enumerate(order) if steps[i + 1] > steps[i]})
    kept = [i for i, fold in enumerate(folds) if fold == KEPT]
    return kept, [i for i, fold in enumerate(folds) if fold != KEPT]


def k_folds(products: Sequence[Product], k: int, seed: int) -> list[int]:
    """Fold of each product, 0 to `k` - 1, or `KEPT` for products that no fold may hold out.

    Holding out any one fold leaves every category with a group; each category's groups are dealt evenly.

    Raises:
        SettingsError: `k` is below 2.
    """
    if k < _MIN_FOLDS:
        raise SettingsError(f"{k!r} folds make no sense.", fix=f"Choose {_MIN_FOLDS} or more.")
    groups = _Groups(products)
    return groups.folds(dict(zip(groups.shuffled(Random(seed)), cycle(range(k)))))


class _Groups:
    """Products by title, and the categories that each group touches."""

    def __init__(self, products: Sequence[Product]) -> None:
        numbers: dict[str, int] = {}
        self._of_product = [numbers.setdefault(text_key(p.title), len(numbers)) for p in products]
        self._home: dict[int, str] = {}
        touching: dict[str, dict[int, None]] = {}
        for group, product in zip(self._of_product, products, strict=True):
            category = product.category_paths[0] if product.category_paths else ""
            self._home.setdefault(group, category)
            touching.setdefault(category, {})[group] = None
        self._touching = [list(groups) for groups in touching.values()]

    def shuffled(self, rng: Random) -> list[int]:
        """All groups, category by category, both in random order."""
        by_home: dict[str, list[int]] = {}
        for group, category in self._home.items():
            by_home.setdefault(category, []).append(group)
        stretches = list(by_home.values())
        rng.shuffle(stretches)
        for stretch in stretches:
            rng.shuffle(stretch)
        return [group for stretch in stretches for group in stretch]

    def folds(self, of_group: Mapping[int, int]) -> list[int]:
        """Fold of each product; a category that lies in one fold as a whole keeps its first group."""
        folds = dict(of_group)
        for groups in self._touching:
            if len({folds.get(group, KEPT) for group in groups}) == 1:
                folds[groups[0]] = KEPT
        return [folds.get(group, KEPT) for group in self._of_product]
