import pytest
import torch

from retrieval.encoder.pooling import Pooling, pool

HIDDEN = torch.tensor([[[1.0], [3.0], [100.0]], [[2.0], [4.0], [6.0]]])
MASK = torch.tensor([[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("pooling", "expected"), [("mean", [[2.0], [4.0]]), ("cls", [[1.0], [2.0]]), ("last", [[3.0], [6.0]])]
)
def test_padding_never_counts(pooling: Pooling, expected: list[list[float]]) -> None:
    assert pool(HIDDEN, MASK, pooling).tolist() == expected
