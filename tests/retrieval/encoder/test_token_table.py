import numpy as np
import pytest
import torch

from retrieval.encoder.token_table import TokenTable

QUANTIZED = torch.arange(12, dtype=torch.uint8).reshape(6, 2)
SCALE = torch.tensor([0.5, 2.0])
LOW = torch.tensor([-1.0, 3.0])
ALL = torch.arange(6)


@pytest.fixture
def table() -> TokenTable:
    return TokenTable(QUANTIZED.clone(), SCALE.clone(), LOW.clone())


def test_a_closed_row_has_its_chunks_scale(table: TokenTable) -> None:
    assert table(torch.tensor([[0, 1], [4, 5]])).tolist() == [[[-1, -0.5], [7, 9]], [[3, 3.5], [23, 25]]]


def test_opening_rows_changes_no_value(table: TokenTable) -> None:
    before = table(ALL)
    table.open(np.array([1, 4]))
    assert torch.equal(table(ALL), before)
    assert table.rows.shape == (2, 2)


def test_only_open_rows_learn(table: TokenTable) -> None:
    before = table(ALL)
    table.open(np.array([1, 4]))
    table(torch.tensor([4, 2])).sum().backward()
    assert table.rows.grad is not None
    assert table.rows.grad.tolist() == [[0, 0], [1, 1]]
    with torch.no_grad():
        table.rows -= table.rows.grad
    assert (before - table(ALL)).tolist() == [[0, 0], [0, 0], [0, 0], [0, 0], [1, 1], [0, 0]]


def test_opening_more_keeps_what_was_learned(table: TokenTable) -> None:
    table.open(np.array([1, 4]))
    with torch.no_grad():
        table.rows += 100
    learned = table(ALL).detach()
    table.open(np.array([0, 4]))
    assert torch.equal(table(ALL), learned)
    assert table.rows.shape == (3, 2)


def test_a_state_with_open_rows_fits_a_new_table(table: TokenTable) -> None:
    table.open(np.array([3]))
    other = TokenTable(QUANTIZED.clone(), SCALE.clone(), LOW.clone())
    other.reshape_rows(1)
    other.load_state_dict(table.state_dict())
    assert torch.equal(other(ALL), table(ALL))
