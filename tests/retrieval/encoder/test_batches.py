import torch

from retrieval.encoder.batches import by_length, pad


def test_pad_fills_on_the_right_and_masks_what_it_filled() -> None:
    ids, mask = pad([[5, 6, 7], [8]], 1, torch.device("cpu"))
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert mask.tolist() == [[True, True, True], [True, False, False]]
    assert ids.dtype == torch.int64


def test_batches_go_from_short_to_long_and_hold_every_row_once() -> None:
    ids = [[0] * length for length in (3, 1, 2, 1, 5)]
    assert [rows.tolist() for rows in by_length(ids, 2)] == [[1, 3], [2, 0], [4]]


def test_no_rows_make_no_batch() -> None:
    assert list(by_length([], 4)) == []
