"""Near-duplicate products, and what holding some of them out leaves of every category.

Two titles are near-duplicates when they hold the same words, whatever their order, case, punctuation,
numbers and units: `Olive Oil 500 ml` and `olive oil, 1 L`. Equality, not similarity: it is transitive, so
that a group is what its key says, while similar pairs chain up until a group holds half a category.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random

from catalog.product import Product
from catalog.text import text_key

# Fold of products that are never held out.
KEPT = -1

_NUMBER = re.compile(r"\d+")
_UNITS = """
    g gm gms gr gram grams kg kgs mg mcg oz lb lbs ml l cl dl lt ltr ltrs litre litres liter liters gal
    mm cm m mtr mtrs km inch inches ft x pc pcs piece pieces pk pack packs pkt ct count w v mah gb tb mb
    г гр кг мг мл л см мм м шт уп
"""
_UNIT_WORDS = frozenset(_UNITS.split())


def words_key(title: str) -> str:
    """The form under which near-duplicate titles are the same: their distinct words, sorted.

    A title of which less than one word of two letters is left is compared by `text_key`.
    """
    key = text_key(title)
    words = {_NUMBER.sub("", word) for word in key.split()} - _UNIT_WORDS
    if max(map(len, words), default=0) < 2:
        return key
    return " ".join(sorted(words - {""}))


class Groups:
    """Products by near-duplicate title, and the categories that each group touches."""

    def __init__(self, products: Sequence[Product]) -> None:
        numbers: dict[str, int] = {}
        self._of_product = [numbers.setdefault(words_key(p.title), len(numbers)) for p in products]
        self._home: dict[int, str] = {}
        touching: dict[str, dict[int, None]] = {}
        for group, product in zip(self._of_product, products, strict=True):
            category = home(product)
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


def home(product: Product) -> str:
    """The category that a product counts for: its first path, empty without any."""
    return product.category_paths[0] if product.category_paths else ""
