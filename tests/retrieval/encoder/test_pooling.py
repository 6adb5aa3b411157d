import pytest
import torch

from retrieval.encoder.pooling import FixedPooling, Pooler, pool

HIDDEN = torch.tensor([[[1.0], [3.0], [100.0]], [[2.0], [4.0], [6.0]]])
MASK = torch.tensor([[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("pooling", "expected"), [("mean", [[2.0], [4.0]]), ("cls", [[1.0], [2.0]]), ("last", [[3.0], [6.0]])]
)
def test_padding_never_counts(pooling: FixedPooling, expected: list[list[float]]) -> None:
    assert pool(HIDDEN, MASK, pooling).tolist() == expected


def test_a_pooler_without_a_query_pools_as_asked() -> None:
    assert torch.equal(Pooler("last", 1)(HIDDEN, MASK), pool(HIDDEN, MASK, "last"))
    assert list(Pooler("mean", 1).parameters()) == []


def test_attention_starts_as_the_mean_and_learns_away_from_it() -> None:
    pooler = Pooler("attention", 1)
    pooled = pooler(HIDDEN, MASK)
    assert torch.allclose(pooled, pool(HIDDEN, MASK, "mean"))
    pooled.sum().backward()
    assert pooler.query.grad is not None
    assert pooler.query.grad.abs().sum() > 0


def test_attention_weighs_by_the_softmax_of_the_products_with_the_query() -> None:
    pooler = Pooler("attention", 1)
    with torch.no_grad():
        pooler.query.fill_(0.5)
    first = torch.tensor([0.5, 1.5]).softmax(dim=0)  # of 1 and 3; the third is padding
    second = torch.tensor([1.0, 2.0, 3.0]).softmax(dim=0)
    expected = torch.stack([first @ HIDDEN[0, :2], second @ HIDDEN[1]])
    assert torch.allclose(pooler(HIDDEN, MASK), expected)
