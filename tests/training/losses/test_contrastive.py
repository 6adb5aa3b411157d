import math

import pytest
import torch
from torch.nn import functional

from training.losses.contrastive import supervised_contrastive

RIGHT, UP = (1.0, 0.0), (0.0, 1.0)


def value(vectors: list[tuple[float, float]], classes: list[int], temperature: float = 1.0) -> float:
    loss = supervised_contrastive(torch.tensor(vectors), torch.tensor(classes), temperature=temperature)
    return float(loss)


def test_two_pairs_by_hand() -> None:
    # Every anchor: one positive at cosine 1, two negatives at cosine 0.
    assert value([RIGHT, RIGHT, UP, UP], [0, 0, 1, 1]) == pytest.approx(math.log((math.e + 2) / math.e))


def test_the_temperature_divides_cosines() -> None:
    expected = math.log((math.exp(2) + 2) / math.exp(2))
    assert value([RIGHT, RIGHT, UP, UP], [0, 0, 1, 1], temperature=0.5) == pytest.approx(expected)


def test_several_positives_are_averaged_outside_the_logarithm() -> None:
    # Anchors at RIGHT: positives at 1 and 0; the anchor at UP: both at 0; the lone one has none.
    total = math.log(math.e + 2)
    right = total - (1 + 0) / 2
    up = math.log(1 + 1 + math.e)
    assert value([RIGHT, RIGHT, UP, UP], [0, 0, 0, 1]) == pytest.approx((2 * right + up) / 3)


def test_rows_without_another_of_their_class_only_serve_as_negatives() -> None:
    alone = value([RIGHT, RIGHT], [0, 0])
    assert alone == pytest.approx(0.0)
    assert value([RIGHT, RIGHT, UP], [0, 0, 1]) == pytest.approx(math.log((math.e + 1) / math.e))


@pytest.mark.parametrize("rows", [1, 3])
def test_a_batch_without_pairs_gives_zero_and_a_finite_gradient(rows: int) -> None:
    vectors = functional.normalize(torch.ones(rows, 4), dim=-1).requires_grad_()
    loss = supervised_contrastive(vectors, torch.arange(rows), temperature=0.01)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(vectors.grad, torch.zeros(rows, 4))


def test_gradients_are_those_of_the_value_and_finite_when_cold() -> None:
    generator = torch.Generator().manual_seed(4)
    vectors = torch.randn(5, 3, dtype=torch.float64, generator=generator).requires_grad_()
    classes = torch.tensor([0, 1, 0, 1, 2])
    assert torch.autograd.gradcheck(
        lambda v: supervised_contrastive(functional.normalize(v, dim=-1), classes, temperature=0.5), vectors
    )
    supervised_contrastive(functional.normalize(vectors, dim=-1), classes, temperature=0.01).backward()
    assert vectors.grad.isfinite().all()


def test_descending_brings_a_class_together() -> None:
    generator = torch.Generator().manual_seed(5)
    free = torch.randn(8, 4, generator=generator).requires_grad_()
    classes = torch.arange(8) % 2
    optimizer = torch.optim.SGD([free], lr=0.5)
    for _ in range(200):
        optimizer.zero_grad()
        supervised_contrastive(functional.normalize(free, dim=-1), classes, temperature=0.2).backward()
        optimizer.step()
    unit = functional.normalize(free.detach(), dim=-1)
    cosines, same = unit @ unit.T, classes.unsqueeze(0) == classes.unsqueeze(1)
    assert cosines[same].min() > cosines[~same].max() + 0.5
