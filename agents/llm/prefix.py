"""Keys and values of a text that has been read, to continue from as often as one likes."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


@dataclass(frozen=True)
class ReadPrefix:
    """What the model remembers of a prefix.

    Args:
        ids: its tokens.
        layers: keys and values per layer, each (1, kv_heads, len(ids), d).
    """

    ids: tuple[int, ...]
    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]

    def resume(self, length: int) -> DynamicCache:
        """A cache that holds the first `length` tokens, sharing memory with this prefix.

        Sliding-window layers are kept in full and narrowed by the mask, so that any length can be resumed.
        """
        cache = DynamicCache()
        for keys, values in self.layers:
            layer: Any = DynamicLayer()  # type: ignore[no-untyped-call]  # transformers leaves it bare
            layer.lazy_initialization(keys, values)
            layer.keys, layer.values = keys[..., :length, :], values[..., :length, :]
            cache.layers.append(layer)
        return cache


def remember(ids: Sequence[int], cache: DynamicCache) -> ReadPrefix:
    """The prefix `ids` as read into `cache`."""
    layers: list[Any] = cache.layers
    return ReadPrefix(tuple(ids), tuple((layer.keys, layer.values) for layer in layers))


def common_length(left: Sequence[int], right: Sequence[int]) -> int:
    """How many leading tokens two sequences share."""
    for index, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return index
    return min(len(left), len(right))


class PrefixStore:
    """The last `size` prefixes, by text."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[str, ReadPrefix] = OrderedDict()

    def __contains__(self, text: str) -> bool:
        return text in self._entries

    def get(self, text: str, read: Callable[[], ReadPrefix]) -> ReadPrefix:
        """The prefix of `text`, read now if it is not held; see `in`."""
        if text not in self._entries:
            self._entries[text] = read()
        self._entries.move_to_end(text)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)
        return self._entries[text]
