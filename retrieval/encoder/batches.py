"""Token lists of mixed length as batches: sorted by length so that little is padded, and padded."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch

Tokens = Sequence[Sequence[int]]
Rows = npt.NDArray[np.int64]


def pad(ids: Tokens, pad_id: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad token lists on the right to the longest of them.

    Returns:
        The ids, int64 (n, longest), and their mask, bool of the same shape, true where a token stands.
    """
    lengths = _lengths(ids)
    mask = np.arange(lengths.max()) < lengths[:, None]
    padded = np.full(mask.shape, pad_id, dtype=np.int64)
    padded[mask] = np.fromiter(chain.from_iterable(ids), dtype=np.int64, count=int(lengths.sum()))
    return torch.from_numpy(padded).to(device), torch.from_numpy(mask).to(device)


def distinct(ids: Tokens) -> tuple[list[tuple[int, ...]], Rows]:
    """The different token lists in order of first sight, and for each row the number of its own."""
    numbers: dict[tuple[int, ...], int] = {}
    inverse = [numbers.setdefault(tuple(row), len(numbers)) for row in ids]
    return list(numbers), np.asarray(inverse, dtype=np.int64)


def by_length(ids: Tokens, batch_size: int) -> Iterator[Rows]:
    """Row numbers in batches, shortest texts first; equal lengths keep their order."""
    order = np.argsort(_lengths(ids), kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def by_tokens(ids: Tokens, tokens: int, batch_size: int | None = None) -> Iterator[Rows]:
    """As `by_length`, with as many rows as `tokens` hold once they are padded, at least one.

    Args:
        batch_size: most rows in a batch; None leaves it to the tokens.
    """
    lengths = _lengths(ids)
    order = np.argsort(lengths, kind="stable")
    most = min(tokens, batch_size or tokens)
    start = 0
    while start < len(order):
        # The last row is the longest, so a batch of k rows holds k times its length.
        size = lengths[order[start : start + most]]
        padded = size * np.arange(1, len(size) + 1)
        end = start + max(1, int(np.searchsorted(padded, tokens, side="right")))
        yield order[start:end]
        start = end


def _lengths(ids: Tokens) -> Rows:
    return np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
