"""Which products an audit looks at; every one of them had the same chance."""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")


def drawn(stream: Iterable[T], most: int, rng: np.random.Generator) -> list[T]:
    """At most `most` items of a stream of unknown length, at random (algorithm R, Vitter 1985)."""
    kept: list[T] = []
    for seen, item in enumerate(stream):
        if seen < most:
            kept.append(item)
        elif (place := int(rng.integers(seen + 1))) < most:
            kept[place] = item
    return kept


def spread(confidences: npt.ArrayLike, most: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Places of at most `most` products, ascending, spread evenly over the confidences.

    Systematic sampling of the list in the order of the confidences: every product has the same chance, and
    each stretch of confidences its share, so a count among them is at most as noisy as in a plain sample.

    Args:
        confidences: (n,).
    """
    values = np.asarray(confidences, dtype=np.float64)
    if len(values) <= most:
        return np.arange(len(values))
    order = np.lexsort((rng.random(len(values)), values))
    picks = (rng.random() + np.arange(most)) * (len(values) / most)
    return np.sort(order[np.minimum(picks.astype(np.int64), len(values) - 1)])
