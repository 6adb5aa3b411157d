import pytest
import torch

from retrieval.encoder.batches import by_length, by_tokens, distinct, pad


def test_pad_fills_on_the_right_and_masks_what_it_filled() -> None:
    ids, mask = pad([[5, 6, 7], [8]], 1, torch.device("cpu"))
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert mask.tolist() == [[True, True, True], [True, False, False]]
    assert ids.dtype == torch.int64


def test_batches_go_from_short_to_long_and_hold_every_row_once() -> None:
    ids = [[0] * length for length in (3, 1, 2, 1, 5)]
    assert [rows.tolist() for rows in by_length(ids, 2)] == [[1, 3], [2, 0], [4]]


@pytest.mark.parametrize(
    ("tokens", "batch_size", "expected"),
    [
        (6, None, [[1, 3, 2], [0], [4]]),  # 3 x 2 with its padding, 1 x 3 (two would make 10), 1 x 5
        (5, None, [[1, 3], [2], [0], [4]]),
        (1, None, [[1], [3], [2], [0], [4]]),  # a long row stands alone
        (100, 3, [[1, 3, 2], [0, 4]]),
        (100, None, [[1, 3, 2, 0, 4]]),
    ],
)
def test_batches_hold_as_many_rows_as_their_padded_tokens_allow(
    tokens: int, batch_size: int | None, expected: list[list[int]]
) -> None:
    ids = [[0] * length for length in (3, 1, 2, 1, 5)]
    assert [rows.tolist() for rows in by_tokens(ids, tokens, batch_size)] == expected


def test_no_rows_make_no_batch() -> None:
    assert list(by_length([], 4)) == []
    assert list(by_tokens([], 4)) == []


def test_equal_rows_are_found_once() -> None:
    rows, number = distinct([[1, 2], [3], [1, 2], [2, 1], [3]])
    assert rows == [(1, 2), (3,), (2, 1)]
    assert number.tolist() == [0, 1, 0, 2, 1]
    assert distinct([])[0] == []
