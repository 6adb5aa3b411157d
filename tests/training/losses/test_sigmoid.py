import math

import pytest
import torch
from torch.nn import functional

from training.losses.sigmoid import binary_cross_entropy

# Sigmoids 2/3, 1/4, 1/2.
LOGITS = torch.tensor([[2.0, 1 / 3, 1.0]]).log()
Q = (2 / 3, 1 / 4, 1 / 2)
TARGETS = torch.tensor([0])
GIVEN = -math.log(2 / 3)
NEGATIVES = -math.log(3 / 4) - math.log(1 / 2)
ENTROPY = -sum(q * math.log(q) for q in Q)


def many(rows: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(rows, classes, generator=generator), torch.randint(
        classes, (rows,), generator=generator
    )


def test_equation_5_by_hand() -> None:
    assert binary_cross_entropy(LOGITS, TARGETS).item() == pytest.approx(GIVEN + NEGATIVES)


def test_equation_5_is_torchs_own() -> None:
    logits, targets = many(8, 5)
    own = functional.binary_cross_entropy_with_logits(
        logits, functional.one_hot(targets, 5).float(), reduction="none"
    )
    assert binary_cross_entropy(logits, targets).item() == pytest.approx(own.sum(dim=-1).mean().item())


def test_equation_6_by_hand() -> None:
    expected = 0.9 * (GIVEN + NEGATIVES) + 0.1 * ENTROPY
    assert binary_cross_entropy(LOGITS, TARGETS, beta=0.9).item() == pytest.approx(expected)


def test_the_consistency_term_reinforces_what_the_model_believes() -> None:
    """Inside the minus, as DHPC's Eq. 6 has it: dual-expert's Eq. 2 prints the other sign."""
    logits = torch.tensor([[2.0, 1.0]], requires_grad=True)
    loss = binary_cross_entropy(logits, TARGETS, beta=0.0)
    assert loss.item() > 0
    loss.backward()
    assert (logits.grad < 0).all()


def test_equation_8_by_hand_when_all_negatives_are_drawn() -> None:
    expected = 0.9 * (GIVEN + 2 / 3 * NEGATIVES) + 0.1 * ENTROPY
    drawn = binary_cross_entropy(LOGITS, TARGETS, beta=0.9, sigma=1.0)
    assert drawn.item() == pytest.approx(expected)


def test_equation_8_draws_negatives_only_and_about_their_share() -> None:
    torch.manual_seed(0)
    logits = torch.zeros(50, 200, requires_grad=True)
    targets = torch.arange(50)
    binary_cross_entropy(logits, targets, sigma=0.3).backward()
    counted = logits.grad != 0
    assert counted[torch.arange(50), targets].all()
    assert counted.float().mean().item() == pytest.approx(0.3, abs=0.02)


def test_equation_8_expects_the_same_of_every_sigma() -> None:
    torch.manual_seed(0)
    logits, targets = many(400, 100)
    whole = binary_cross_entropy(logits, targets, sigma=1.0).item()
    assert binary_cross_entropy(logits, targets, sigma=0.4).item() == pytest.approx(whole, rel=0.02)


def test_negatives_are_drawn_anew_and_repeat_with_torchs_seed() -> None:
    logits, targets = many(4, 20)

    def draws() -> list[float]:
        torch.manual_seed(3)
        return [binary_cross_entropy(logits, targets, sigma=0.5).item() for _ in range(3)]

    assert draws() == draws()
    assert len(set(draws())) == 3


def test_equation_10_divides_the_logits() -> None:
    scaled = binary_cross_entropy(LOGITS, TARGETS, beta=0.9, epsilon=0.5)
    assert scaled.item() == pytest.approx(binary_cross_entropy(2 * LOGITS, TARGETS, beta=0.9).item())


def test_a_temperature_near_1_changes_next_to_nothing() -> None:
    plain = binary_cross_entropy(LOGITS, TARGETS)
    assert binary_cross_entropy(LOGITS, TARGETS, epsilon=1.0).item() == plain.item()
    assert binary_cross_entropy(LOGITS, TARGETS, epsilon=1.0001).item() == pytest.approx(plain.item(), 1e-3)


def test_gradients_are_those_of_the_value() -> None:
    logits, targets = many(3, 4)
    logits = logits.double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda z: binary_cross_entropy(z, targets, beta=0.8, sigma=1.0, epsilon=0.9), logits
    )


@pytest.mark.parametrize("size", [1e4, -1e4, 0.0])
@pytest.mark.parametrize("sigma", [None, 0.5])
def test_extreme_logits_leave_value_and_gradient_finite(size: float, sigma: float | None) -> None:
    logits = torch.full((3, 4), size, requires_grad=True)
    loss = binary_cross_entropy(logits, torch.tensor([0, 1, 3]), beta=0.8, sigma=sigma, epsilon=0.7)
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()
