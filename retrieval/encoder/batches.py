"""Token lists of mixed length as batches: sorted by length so that little is padded, and padded."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch

Tokens = Sequence[Sequence[int]]


def pad(ids: Tokens, pad_id: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad token lists on the right to the longest of them.

    Returns:
        The ids, int64 (n, longest), and their mask, bool of the same shape, true where a token stands.
    """
    lengths = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
    mask = np.arange(lengths.max()) < lengths[:, None]
    padded = np.full(mask.shape, pad_id, dtype=np.int64)
    padded[mask] = np.fromiter(chain.from_iterable(ids), dtype=np.int64, count=int(lengths.sum()))
    return torch.from_numpy(padded).to(device), torch.from_numpy(mask).to(device)


def by_length(ids: Tokens, batch_size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Row numbers in batches, shortest texts first; equal lengths keep their order."""
    order = np.argsort([len(row) for row in ids], kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]
