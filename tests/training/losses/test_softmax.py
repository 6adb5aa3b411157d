import math

import pytest
import torch
from torch.nn import functional

from training.losses.softmax import bootstrap, cross_entropy, focal, logit_adjusted

# Probabilities 1/7, 2/7, 4/7 and 3/4, 1/8, 1/8.
LOGITS = torch.tensor([[1.0, 2.0, 4.0], [6.0, 1.0, 1.0]]).log()
TARGETS = torch.tensor([2, 0])


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_cross_entropy_by_hand() -> None:
    expected = (math.log(7 / 4) + math.log(4 / 3)) / 2
    assert cross_entropy(LOGITS, TARGETS).item() == pytest.approx(expected)


def test_smoothed_labels_by_hand() -> None:
    # 0.7 of the label, 0.1 of each of the three classes.
    first = -(0.1 * math.log(1 / 7) + 0.1 * math.log(2 / 7) + 0.8 * math.log(4 / 7))
    assert cross_entropy(LOGITS[:1], TARGETS[:1], label_smoothing=0.3).item() == pytest.approx(first)


def test_weights_multiply_rows_and_leave_the_number_of_rows() -> None:
    weights = torch.tensor([3.0, 1.0, 2.0])
    expected = (2 * math.log(7 / 4) + 3 * math.log(4 / 3)) / 2
    assert cross_entropy(LOGITS, TARGETS, weights=weights).item() == pytest.approx(expected)


def test_focal_by_hand() -> None:
    weights = torch.tensor([3.0, 1.0, 2.0])
    expected = (2 * (3 / 7) ** 2 * math.log(7 / 4) + 3 * (1 / 4) ** 2 * math.log(4 / 3)) / 2
    assert focal(LOGITS, TARGETS, gamma=2.0, weights=weights).item() == pytest.approx(expected)


def test_focal_without_gamma_is_cross_entropy() -> None:
    assert focal(LOGITS, TARGETS, gamma=0.0).item() == pytest.approx(cross_entropy(LOGITS, TARGETS).item())
    weights = torch.tensor([3.0, 1.0, 2.0])
    weighted = focal(LOGITS, TARGETS, gamma=0.0, weights=weights)
    assert weighted.item() == pytest.approx(cross_entropy(LOGITS, TARGETS, weights=weights).item())


def test_focal_turns_to_what_is_still_wrong() -> None:
    logits = torch.tensor([[3.0, 0.0], [0.0, 3.0]], requires_grad=True)
    focal(logits, torch.tensor([0, 0]), gamma=2.0).backward()
    right, wrong = logits.grad.abs().sum(dim=-1)
    assert wrong / right > 100


def test_bootstrap_by_hand() -> None:
    q = [1 / 7, 2 / 7, 4 / 7]
    expected = -0.8 * math.log(4 / 7) - 0.2 * sum(p * math.log(p) for p in q)
    assert bootstrap(LOGITS[:1], TARGETS[:1], beta=0.8).item() == pytest.approx(expected)


def test_bootstrap_that_trusts_the_label_is_cross_entropy() -> None:
    assert bootstrap(LOGITS, TARGETS, beta=1.0).item() == pytest.approx(cross_entropy(LOGITS, TARGETS).item())


def test_bootstrap_makes_the_models_own_belief_stronger() -> None:
    """The sign of Reed et al. and of DHPC's Eq. 6, not the printed one of dual-expert's Eq. 2."""
    logits = LOGITS[:1].clone().requires_grad_()
    loss = bootstrap(logits, torch.tensor([0]), beta=0.0)
    assert loss.item() > 0
    loss.backward()
    after = (logits - logits.grad).softmax(dim=-1)
    assert after[0, 2] > 4 / 7


def test_bootstrap_pulls_less_towards_a_label_that_the_model_disbelieves() -> None:
    def pull(beta: float) -> float:
        logits = torch.tensor([[0.0, 4.0]], requires_grad=True)
        bootstrap(logits, torch.tensor([0]), beta=beta).backward()
        return -float(logits.grad[0, 0])

    assert 0 < pull(0.8) < 0.85 * pull(1.0)


def test_logit_adjustment_by_hand() -> None:
    priors = torch.tensor([0.9, 0.1]).log()
    level = torch.zeros(1, 2)
    rare = logit_adjusted(level, torch.tensor([1]), tau=1.0, log_priors=priors)
    assert rare.item() == pytest.approx(-math.log(0.1))
    tempered = logit_adjusted(level, torch.tensor([1]), tau=0.5, log_priors=priors)
    assert tempered.item() == pytest.approx(-math.log(1 / (1 + 3)))


def test_logit_adjustment_without_tau_is_cross_entropy() -> None:
    priors = torch.tensor([0.7, 0.2, 0.1]).log()
    adjusted = logit_adjusted(LOGITS, TARGETS, tau=0.0, log_priors=priors, label_smoothing=0.1)
    assert adjusted.item() == pytest.approx(cross_entropy(LOGITS, TARGETS, label_smoothing=0.1).item())


def test_logit_adjustment_fits_logits_that_are_free_of_the_prior() -> None:
    """Nine rows of one class to one of the other, no features: nothing but the prior to learn."""
    logits = torch.tensor([1.0, -1.0], requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=1.0)
    targets = torch.tensor([0] * 9 + [1])
    priors = torch.tensor([0.9, 0.1]).log()
    for _ in range(200):
        optimizer.zero_grad()
        logit_adjusted(logits.expand(10, 2), targets, tau=1.0, log_priors=priors).backward()
        optimizer.step()
    assert logits.detach().numpy() == pytest.approx([0.0, 0.0], abs=1e-3)


LOSSES = {
    "cross_entropy": lambda z, t: cross_entropy(z, t, label_smoothing=0.1, weights=torch.ones(4).to(z)),
    "focal": lambda z, t: focal(z, t, gamma=2.0, weights=torch.full((4,), 2.0).to(z)),
    "focal below 1": lambda z, t: focal(z, t, gamma=0.5),
    "bootstrap": lambda z, t: bootstrap(z, t, beta=0.8),
    "logit_adjusted": lambda z, t: logit_adjusted(z, t, tau=1.0, log_priors=torch.zeros(4).to(z) - 1.4),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_the_value(name: str) -> None:
    targets = torch.tensor([0, 1, 3])
    assert torch.autograd.gradcheck(lambda z: LOSSES[name](z, targets), noise(3, 4).requires_grad_())


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", [1e4, -1e4, 0.0])
def test_extreme_logits_leave_value_and_gradient_finite(name: str, size: float) -> None:
    logits = (size * functional.one_hot(torch.tensor([0, 1, 1]), 4)).float().requires_grad_()
    loss = LOSSES[name](logits, torch.tensor([0, 1, 3]))
    loss.backward()
    assert loss.isfinite()
    assert logits.grad.isfinite().all()
