"""The rows that one level learns from: resampled and augmented anew in every epoch."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from catalog.product import Product
from retrieval.encoder.base import Encoder
from retrieval.encoder.batches import Tokens
from retrieval.sources.hierarchy.layout import Laid, cleaned, fields, lay
from retrieval.sources.hierarchy.record import Architecture
from training.augmentation.augment import augment
from training.hierarchy.plan import Task
from training.hierarchy.settings import LevelSettings
from training.resampling import resampled_rows

Ints = npt.NDArray[np.int64]


class LevelRows:
    """Rows of one network.

    Args:
        products: of the task's rows, in their order.
        leaves: taxonomy position of each, by which they are drawn.
        encoder: tokenizes.
    """

    def __init__(
        self,
        task: Task,
        products: Sequence[Product],
        leaves: Ints,
        settings: LevelSettings,
        architecture: Architecture,
        encoder: Encoder,
        seed: int,
    ) -> None:
        self._task = task
        self._products = products
        self._leaves = leaves
        self._settings = settings
        self._architecture = architecture
        self._encoder = encoder
        self._seed = seed
        self._plain = self._lay([fields(product, architecture) for product in products])

    @property
    def counts(self) -> Ints:
        """Rows of each class in an epoch, the same in all of them."""
        return np.bincount(self._task.classes[self._drawn(0)], minlength=len(self._task.paths))

    @property
    def vocabulary(self) -> Tokens:
        """Token ids that hold every token which any epoch may show."""
        return [*self._plain.ids, *self._encoder.tokenize([self._cleaned(path) for path in self._task.paths])]

    def epoch(self, epoch: int) -> tuple[Laid, Ints]:
        """Rows of an epoch, counted from 0, and their classes."""
        rows = self._drawn(epoch)
        classes = self._task.classes[rows]
        laid = self._plain.take(rows)
        if self._settings.augmentation is None:
            return laid, classes
        synthetic = augment(
            self._settings.augmentation,
            [self._products[row] for row in rows.tolist()],
            [self._task.paths[number] for number in classes.tolist()],
            seed=self._seed,
            epoch=epoch,
        )
        made = self._lay([(self._cleaned(text),) for text in synthetic.texts])
        return laid.with_rows(synthetic.rows, made), classes

    def _drawn(self, epoch: int) -> Ints:
        if self._settings.resampling is None:
            return np.arange(len(self._products))
        return resampled_rows(self._leaves, self._settings.resampling, seed=self._seed, epoch=epoch)

    def _cleaned(self, text: str) -> str:
        return cleaned(text, self._architecture)

    def _lay(self, rows: Sequence[tuple[str, ...]]) -> Laid:
        return lay(rows, self._encoder.tokenize, self._encoder.max_tokens)
