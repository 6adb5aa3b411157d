from itertools import count, islice

import pytest

from catalog.chunks import chunked
from catalog.errors import SettingsError


def test_lists_of_the_size_and_a_shorter_last_one() -> None:
    assert list(chunked(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunked(range(6), 3)) == [[0, 1, 2], [3, 4, 5]]
    assert list(chunked([], 3)) == []


def test_reads_no_further_than_the_chunk_asked_for() -> None:
    source = count()
    assert list(islice(chunked(source, 4), 2)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert next(source) == 8


def test_refuses_a_size_below_one_at_once() -> None:
    with pytest.raises(SettingsError, match="0"):
        chunked([1], 0)
