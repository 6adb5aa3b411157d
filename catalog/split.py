"""Products divided into those to learn from and those held out, by category and without leaks.

Products with near-duplicate titles (see `catalog.groups`) form a group and stay on one side. Whatever is
held out, every category keeps a group to learn from, except where whole categories are left out on purpose.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import cycle
from pathlib import Path
from random import Random

from catalog.errors import CatalogError, SettingsError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord
from catalog.groups import KEPT, Groups
from catalog.product import PATH_SEPARATOR, Product
from catalog.rows import RowRefused, read_id, read_word

__all__ = ["KEPT", "k_folds", "leave_categories_out", "read_split", "stratified_split"]

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
    _require_share(fraction)
    groups = Groups(products)
    rng = Random(seed)
    order = groups.shuffled(rng)
    folds = groups.folds({order[i]: 0 for i in _systematic(len(order), fraction, rng)})
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
    groups = Groups(products)
    return groups.folds(dict(zip(groups.shuffled(Random(seed)), cycle(range(k)))))


def leave_categories_out(
    products: Sequence[Product], fraction: float, seed: int
) -> tuple[list[int], list[int]]:
    """Positions of the products to learn from and of those of categories left out whole, each in order.

    Of every department about the share `fraction` of its categories is left out, spread over their
    parents. A department keeps at least one category, and so do siblings of which there are two or
    more: what is left out is new, but not out of the blue. A product with several paths is held when
    one of them is left out.

    Args:
        fraction: share of the categories, between 0 and 1.

    Raises:
        SettingsError: `fraction` is not between 0 and 1.
    """
    _require_share(fraction)
    rng = Random(seed)
    order = _by_branch({path for product in products for path in product.category_paths}, rng)
    chosen = {order[i] for i in _systematic(len(order), fraction, rng)}
    left_out = chosen - _given_back(order, chosen)
    held = [not left_out.isdisjoint(product.category_paths) for product in products]
    return [i for i, out in enumerate(held) if not out], [i for i, out in enumerate(held) if out]


def _require_share(fraction: float) -> None:
    if not 0.0 < fraction < 1.0:
        raise SettingsError(f"A held out share of {fraction!r} makes no sense.", fix="Choose 0 < share < 1.")


def _systematic(n: int, fraction: float, rng: Random) -> list[int]:
    """Evenly spaced places among `n`: every stretch of an order, so every category, gives its share."""
    offset = rng.random()
    steps = [int(i * fraction + offset) for i in range(n + 1)]
    return [i for i in range(n) if steps[i + 1] > steps[i]]


def _by_branch(categories: Collection[str], rng: Random) -> list[str]:
    """All categories, department by department, parent by parent, each in random order."""
    ranks: dict[str, float] = defaultdict(rng.random)
    # The ranks are drawn in the order of the names, so that the seed alone decides.
    keys = {
        c: (ranks[_department(c)], ranks["parent of " + _parent(c)], ranks[c]) for c in sorted(categories)
    }
    return sorted(keys, key=keys.__getitem__)


def _given_back(order: Sequence[str], chosen: Collection[str]) -> set[str]:
    """One category of every department, and of all siblings, that would be left out as a whole."""
    families: dict[tuple[str, str], list[str]] = defaultdict(list)
    for category in order:
        families["department", _department(category)].append(category)
        families["parent", _parent(category)].append(category)
    return {
        members[0]
        for (kind, _), members in families.items()
        if (kind == "department" or len(members) > 1) and all(one in chosen for one in members)
    }


def _department(path: str) -> str:
    return path.split(PATH_SEPARATOR, 1)[0]


def _parent(path: str) -> str:
    return path.rpartition(PATH_SEPARATOR)[0]
