"""Labelled products as rows of texts and categories, anew each epoch where labels augment them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from catalog.product import Product
from catalog.text import product_text
from retrieval.encoder.base import Encoder
from retrieval.index import Positions
from retrieval.taxonomy import Taxonomy
from training.augmentation.augment import augment
from training.augmentation.record import Augmentation
from training.augmentation.texts import label_text
from training.dataset import Dataset


@dataclass(frozen=True)
class LabelledRows:
    """One row a (product, right category) pair."""

    products: list[Product]
    texts: list[str]
    positions: Positions

    def take(self, rows: Positions) -> "LabelledRows":
        """The chosen rows."""
        products, texts = ([column[i] for i in rows.tolist()] for column in (self.products, self.texts))
        return LabelledRows(products, texts, self.positions[rows])


def labelled_rows(data: Dataset) -> LabelledRows:
    pairs = [(p, data.taxonomy.require(path)) for p in data.train for path in p.category_paths]
    products = [p for p, _ in pairs]
    return LabelledRows(
        products, [product_text(p) for p in products], np.asarray([i for _, i in pairs], np.int64)
    )


def label_texts(taxonomy: Taxonomy, positions: Iterable[int]) -> list[str]:
    """Label paths as the encoder reads them."""
    return [label_text(taxonomy[i].parts) for i in positions]


class EpochTokens:
    """Token ids of all rows in an epoch; tokenized once where nothing changes between epochs.

    Args:
        labels: token ids of further rows, the same in each epoch.
    """

    def __init__(
        self,
        encoder: Encoder,
        rows: LabelledRows,
        taxonomy: Taxonomy,
        labels: list[list[int]],
        augmentation: Augmentation | None,
        seed: int,
    ) -> None:
        self._encoder = encoder
        self._rows = rows
        self._paths = [taxonomy[i].category_path for i in rows.positions.tolist()]
        self._label_texts = label_texts(taxonomy, np.unique(rows.positions).tolist())
        self._labels = labels
        self._augmentation = augmentation
        self._seed = seed
        self._plain = encoder.tokenize(rows.texts)

    def __call__(self, epoch: int) -> list[list[int]]:
        """Ids of the rows in an epoch, counted from 0."""
        ids = list(self._plain)
        if self._augmentation is not None:
            made = augment(self._augmentation, self._rows.products, self._paths, seed=self._seed, epoch=epoch)
            for row, new in zip(made.rows.tolist(), self._encoder.tokenize(made.texts), strict=True):
                ids[row] = new
        return [*ids, *self._labels]

    @property
    def vocabulary(self) -> list[list[int]]:
        """Rows that hold every token which any epoch may show."""
        return [*self._plain, *self._labels, *self._encoder.tokenize(self._label_texts)]
