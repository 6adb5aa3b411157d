"""Labelled products as the audit reads them: one observation a product and label."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.errors import CatalogError
from catalog.groups import words_key
from catalog.product import Product, Row
from catalog.split import KEPT, k_folds
from catalog.text import product_text
from retrieval.taxonomy import Taxonomy

Ints = npt.NDArray[np.int64]

FOLDS = 5
MIN_ROWS = 20


@dataclass(frozen=True)
class Observations:
    """n labels, each with its product.

    Attributes:
        rows: row of the catalog that each label stands in; a product with two labels occurs twice.
        texts: what the models read.
        labels: taxonomy position of each label.
        groups: number of the near-duplicate group (`catalog.groups.words_key`) of each product.
        folds: 0 to `FOLDS` - 1; near-duplicates share one, so no model sees a copy of what it judges.
    """

    taxonomy: Taxonomy
    rows: list[Row]
    texts: list[str]
    labels: Ints
    groups: Ints
    folds: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def product(self, i: int) -> Product:
        return self.rows[i].product

    def other_labels(self) -> dict[int, list[int]]:
        """Of observations whose product has further labels: the positions of those."""
        by_row: dict[int, list[int]] = defaultdict(list)
        for i, row in enumerate(self.rows):
            by_row[row.number].append(i)
        several = [members for members in by_row.values() if len(members) > 1]
        return {i: [int(self.labels[j]) for j in members if j != i] for members in several for i in members}


def observe(rows: Sequence[Row], taxonomy: Taxonomy, *, seed: int = 0) -> Observations:
    """Observations of labelled rows, whose labels are all in the taxonomy.

    Raises:
        CatalogError: too few labels, or labels of one category only.
    """
    pairs = [(row, path) for row in rows for path in row.product.category_paths]
    labels = np.asarray([taxonomy.require(path) for _, path in pairs], dtype=np.int64)
    if len(pairs) < MIN_ROWS or len(np.unique(labels)) < 2:
        message = f"{len(pairs)} labels of {len(np.unique(labels))} categories are too few to compare."
        raise CatalogError(message, fix=f"Give at least {MIN_ROWS} labelled rows of two categories.")
    products = [row.product for row, _ in pairs]
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(words_key(product.title), len(numbers)) for product in products]
    return Observations(
        taxonomy=taxonomy,
        rows=[row for row, _ in pairs],
        texts=[product_text(product) for product in products],
        labels=labels,
        groups=np.asarray(groups, dtype=np.int64),
        folds=_folds(products, groups, seed),
    )


def _folds(products: Sequence[Product], groups: Sequence[int], seed: int) -> Ints:
    """Also of products that `k_folds` never holds out: without them their category is unknown."""
    folds = np.asarray(k_folds(products, FOLDS, seed), dtype=np.int64)
    return np.where(folds == KEPT, np.asarray(groups) % FOLDS, folds)
