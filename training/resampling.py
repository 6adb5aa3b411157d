"""Rows of one epoch, so that frequent classes do not drown rare ones (DHPC section C)."""

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Ints = npt.NDArray[np.int64]

_STREAM = 0x5A3B  # keeps these draws apart from others with the same seed and epoch


class Resampling(BaseModel):
    """How often each class is seen; DHPC has one for departments and one for leaves.

    Attributes:
        power: shares of the classes become proportional to count^power; 1 leaves them, 0 makes them equal.
        most: rows of a class at most, DHPC's threshold (hundreds a leaf for departments, thousands for
            leaves, drawn without replacement where `power` is 1); None for no limit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    power: float = Field(default=1.0, ge=0, le=1)
    most: int | None = Field(default=None, ge=1)


def resampled_rows(classes: Ints, resampling: Resampling, *, seed: int, epoch: int) -> Ints:
    """Row numbers, ascending, a row as often as it is to be seen; the same for the same arguments.

    A class that grows repeats all its rows before any of them comes once more. Every class keeps a row.

    Args:
        classes: (n,), n >= 1; to draw departments by leaf, give the leaves.
        seed, epoch: not negative.
    """
    rng = np.random.default_rng([_STREAM, seed, epoch])
    _, members, counts = np.unique(classes, return_inverse=True, return_counts=True)
    order = np.lexsort((rng.random(len(classes)), members))
    starts = np.cumsum(counts) - counts
    sizes = class_sizes(counts, resampling)
    drawn = [
        order[start + np.arange(size) % count]
        for start, count, size in zip(starts.tolist(), counts.tolist(), sizes.tolist(), strict=True)
    ]
    return np.sort(np.concatenate(drawn))


def class_sizes(counts: Ints, resampling: Resampling) -> Ints:
    """Rows that each class gets, (classes,): with no limit as many as before in all, but for rounding.

    Args:
        counts: rows of each class, all positive, (classes,).
    """
    # With a power of at most 1 no class falls below the smallest one's count, so all keep a row.
    shares = counts.astype(np.float64) ** resampling.power
    sizes: Ints = np.rint(shares * (counts.sum() / shares.sum())).astype(np.int64)
    return sizes if resampling.most is None else np.minimum(sizes, resampling.most)
