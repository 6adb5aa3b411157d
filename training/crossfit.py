"""Answers to labelled rows from sources that did not see them, where there are too few to hold any out.

The folds keep near-duplicate titles together and do not look at categories: a row whose category has no
other product is answered as a product of an unlabelled category, which is what will happen to the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from catalog.groups import words_key
from catalog.product import Product
from catalog.text import product_text
from retrieval.index import Floats
from retrieval.recall import Recalled
from training.embedded import Embedded

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDS: Final = 5
# A classifier needs two categories to tell apart.
_MIN_CATEGORIES: Final = 2


@dataclass(frozen=True)
class CrossFitted:
    """Attributes:
    recalled: of each product, from sources without it.
    familiar: whether these sources knew the product's category, (n,).
    """

    recalled: Recalled
    familiar: Bools


def cross_fitted(embedded: Embedded, products: Sequence[Product], *, k: int, seed: int) -> CrossFitted | None:
    """Recall each product by sources built from the others.

    Args:
        products: those of `embedded.rows`, which has one row a product and category.

    Returns:
        None where some fold would leave fewer than two categories to learn.
    """
    owners = np.repeat(np.arange(len(products)), [len(p.category_paths) for p in products])
    folds = title_folds(products, seed)
    parts: list[Recalled] = []
    order: list[Ints] = []
    familiar = np.zeros(len(products), np.bool_)
    for fold in np.unique(folds):
        inside, outside = folds[owners] != fold, np.flatnonzero(folds == fold)
        learnt = embedded.rows.positions[inside]
        if len(np.unique(learnt)) < _MIN_CATEGORIES:
            return None
        chosen = [products[i] for i in outside.tolist()]
        vectors = embedded.vectors[np.searchsorted(owners, outside)]
        recall = embedded.recall(np.flatnonzero(inside))
        parts.append(recall(chosen, [product_text(p) for p in chosen], vectors, k))
        own = np.isin(owners, outside) & np.isin(embedded.rows.positions, learnt)
        familiar[owners[own]] = True
        order.append(outside)
    return CrossFitted(_stacked(parts).take(np.argsort(np.concatenate(order))), familiar) if parts else None


def title_folds(products: Sequence[Product], seed: int) -> Ints:
    """A fold of each product, 0 to `FOLDS` - 1, the same for near-duplicate titles, (n,)."""
    numbers: dict[str, int] = {}
    groups = np.asarray([numbers.setdefault(words_key(p.title), len(numbers)) for p in products], np.int64)
    dealt = np.random.default_rng(seed).permutation(len(numbers)) % FOLDS
    folds: Ints = dealt[groups].astype(np.int64)
    return folds


def _stacked(parts: Sequence[Recalled]) -> Recalled:
    """Chunks one below the other, candidates padded to the widest, neighbours cut to the fewest."""
    width = max(part.positions.shape[1] for part in parts)
    nearest = min(part.neighbours.shape[1] for part in parts)
    columns: dict[str, Any] = {}
    for field in fields(Recalled):
        values = [getattr(part, field.name) for part in parts]
        if values[0] is None:
            columns[field.name] = None
        elif field.name in ("neighbours", "similarities"):
            columns[field.name] = np.concatenate([value[:, :nearest] for value in values])
        else:
            padding = -1 if field.name == "positions" else 0
            columns[field.name] = np.concatenate([_wide(value, width, padding) for value in values])
    return replace(parts[0], **columns)


def _wide(values: Floats, width: int, padding: int) -> Floats:
    """Further columns on the right of (n, m, ...)."""
    missing = [(0, 0), (0, width - values.shape[1]), *([(0, 0)] * (values.ndim - 2))]
    wide: Floats = np.pad(values, missing, constant_values=padding)
    return wide
