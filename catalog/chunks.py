"""Streams cut into lists of bounded length."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from catalog.errors import SettingsError

T = TypeVar("T")


def chunked(iterable: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items in order, the last one shorter; reads no further ahead than one list.

    Raises:
        SettingsError: `size` is below 1.
    """
    if size < 1:
        raise SettingsError(f"A chunk of {size!r} rows makes no sense.", fix="Set `chunk_rows` to 1 or more.")
    return _chunks(iter(iterable), size)


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(items, size)):
        yield chunk
