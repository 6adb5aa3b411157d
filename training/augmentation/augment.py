"""The synthetic rows of one epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never
from zlib import crc32

import numpy as np
import numpy.typing as npt

from catalog.product import Product
from training.augmentation.record import Augmentation, LabelSemantics, MaskedPath
from training.augmentation.texts import label_semantic_text, masked_path_text

Ints = npt.NDArray[np.int64]
Writer = Callable[[Product, str, np.random.Generator], str]


@dataclass(frozen=True)
class Synthetic:
    """Synthetic rows; each has the class of the row that it was made from.

    Attributes:
        rows: numbers of those rows, ascending, each once, (m,).
        texts: m texts, in the same order.
    """

    rows: Ints
    texts: list[str]


def augment(
    augmentation: Augmentation, products: Sequence[Product], paths: Sequence[str], *, seed: int, epoch: int
) -> Synthetic:
    """The same for the same arguments, so that a resumed run repeats it.

    Every category gives its share of rows, to within one row.

    Args:
        products: training rows.
        paths: label path of each, root first, joined with ` > `.
        seed, epoch: not negative.
    """
    rng = np.random.default_rng([crc32(augmentation.kind.encode()), seed, epoch])
    rows = sampled_rows(paths, augmentation.share, rng)
    write = _writer(augmentation)
    return Synthetic(rows, [write(products[i], paths[i], rng) for i in rows.tolist()])


def _writer(augmentation: Augmentation) -> Writer:
    match augmentation:
        case MaskedPath():
            return masked_path_text
        case LabelSemantics():
            return label_semantic_text
        case _:
            assert_never(augmentation)


def sampled_rows(paths: Sequence[str], share: float, rng: np.random.Generator) -> Ints:
    """Numbers of a random `share` of the rows, ascending; of every category its share, to within one row."""
    numbers: dict[str, int] = {}
    categories = np.asarray([numbers.setdefault(path, len(numbers)) for path in paths], dtype=np.int64)
    order = np.lexsort((rng.random(len(paths)), categories))
    # Systematic sampling: every stretch of the order, so every category, gives its share.
    steps = np.floor(np.arange(len(paths) + 1) * share + rng.random())
    chosen: Ints = np.sort(order[np.diff(steps) > 0])
    return chosen
