from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.losses.build import StepOutput, build_loss, gated
from training.losses.class_weights import class_weights, log_priors
from training.losses.contrastive import supervised_contrastive
from training.losses.record import (
    BinaryCrossEntropy,
    Bootstrap,
    CrossEntropy,
    EffectiveNumber,
    Focal,
    InverseFrequency,
    LogitAdjustment,
    Loss,
    SupervisedContrastive,
    Term,
    TwoPhases,
    WeightedSum,
)
from training.losses.sigmoid import binary_cross_entropy
from training.losses.softmax import bootstrap, cross_entropy, focal, logit_adjusted

COUNTS = np.array([60, 30, 10])
CPU = torch.device("cpu")


@pytest.fixture
def step() -> StepOutput:
    generator = torch.Generator().manual_seed(0)
    return StepOutput(
        logits=torch.randn(6, 3, generator=generator),
        vectors=functional.normalize(torch.randn(6, 4, generator=generator), dim=-1),
        targets=torch.tensor([0, 0, 0, 1, 1, 2]),
        progress=0.5,
    )


def value(loss: Loss, step: StepOutput) -> float:
    return build_loss(loss, COUNTS, CPU)(step).item()


def test_cross_entropy_gets_smoothing_and_weights(step: StepOutput) -> None:
    weights = torch.tensor(class_weights(InverseFrequency(power=0.5), COUNTS), dtype=torch.float32)
    expected = cross_entropy(step.logits, step.targets, label_smoothing=0.1, weights=weights)
    record = CrossEntropy(label_smoothing=0.1, weighting=InverseFrequency(power=0.5))
    assert value(record, step) == pytest.approx(expected.item())


def test_focal_gets_gamma_and_weights(step: StepOutput) -> None:
    weights = torch.tensor(class_weights(EffectiveNumber(beta=0.9), COUNTS), dtype=torch.float32)
    expected = focal(step.logits, step.targets, gamma=1.5, weights=weights)
    record = Focal(gamma=1.5, weighting=EffectiveNumber(beta=0.9))
    assert value(record, step) == pytest.approx(expected.item())


def test_logit_adjustment_gets_the_priors(step: StepOutput) -> None:
    priors = torch.tensor(log_priors(COUNTS), dtype=torch.float32)
    expected = logit_adjusted(step.logits, step.targets, tau=0.7, log_priors=priors, label_smoothing=0.1)
    assert value(LogitAdjustment(tau=0.7, label_smoothing=0.1), step) == pytest.approx(expected.item())


def test_the_contrastive_loss_looks_at_vectors_not_logits(step: StepOutput) -> None:
    expected = supervised_contrastive(step.vectors, step.targets, temperature=0.3)
    assert value(SupervisedContrastive(temperature=0.3), step) == pytest.approx(expected.item())


@pytest.mark.parametrize(("progress", "beta"), [(0.0, 1.0), (0.49, 1.0), (0.5, 0.8), (0.9, 0.8)])
def test_bootstrap_is_off_before_its_gate(step: StepOutput, progress: float, beta: float) -> None:
    expected = bootstrap(step.logits, step.targets, beta=beta).item()
    actual = value(Bootstrap(beta=0.8, gate=0.5), replace(step, progress=progress))
    assert actual == pytest.approx(expected)


@pytest.mark.parametrize(("progress", "beta", "epsilon"), [(0.1, 1.0, 1.5), (0.3, 1.0, 0.9), (0.5, 0.8, 0.9)])
def test_the_binary_loss_has_two_gates(
    step: StepOutput, progress: float, beta: float, epsilon: float
) -> None:
    record = BinaryCrossEntropy(
        beta=0.8, gate=0.5, sigma=1.0, epsilon=0.9, early_epsilon=1.5, epsilon_gate=0.3
    )
    expected = binary_cross_entropy(step.logits, step.targets, beta=beta, sigma=1.0, epsilon=epsilon)
    assert value(record, replace(step, progress=progress)) == pytest.approx(expected.item())


def test_a_gate_at_the_start_is_open_from_the_first_step() -> None:
    assert gated(0.0, 0.0, before=1.0, after=0.9) == 0.9


def test_a_gate_at_the_end_never_opens() -> None:
    assert gated(0.999, 1.0, before=1.0, after=0.9) == 1.0


def test_a_sum_adds_its_weighted_terms(step: StepOutput) -> None:
    record = WeightedSum(terms=(Term(loss=CrossEntropy()), Term(loss=SupervisedContrastive(), weight=0.3)))
    expected = value(CrossEntropy(), step) + 0.3 * value(SupervisedContrastive(), step)
    assert value(record, step) == pytest.approx(expected)


@pytest.mark.parametrize(("progress", "phase"), [(0.0, 0), (0.39, 0), (0.4, 1), (0.9, 1)])
def test_the_second_phase_follows_the_first(step: StepOutput, progress: float, phase: int) -> None:
    phases = (Focal(), WeightedSum(terms=(Term(loss=Bootstrap(), weight=2.0),)))
    now = replace(step, progress=progress)
    record = TwoPhases(first=phases[0], second=phases[1], switch=0.4)
    assert value(record, now) == pytest.approx(value(phases[phase], now))


@pytest.mark.parametrize(
    "loss",
    [
        CrossEntropy(weighting=InverseFrequency()),
        Focal(weighting=EffectiveNumber()),
        Bootstrap(beta=0.8),
        BinaryCrossEntropy(beta=0.9, sigma=0.7, epsilon=0.9),
        LogitAdjustment(),
        TwoPhases(first=Focal(), second=Bootstrap()),
    ],
    ids=lambda loss: loss.kind,
)
def test_every_loss_teaches_a_linear_model(loss: Loss) -> None:
    torch.manual_seed(0)
    targets = torch.arange(60) % 3
    inputs = functional.one_hot(targets, 3) + 0.3 * torch.randn(60, 3)
    model = torch.nn.Linear(3, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    function = build_loss(loss, np.array([20, 20, 20]), CPU)
    for done in range(100):
        optimizer.zero_grad()
        function(StepOutput(model(inputs), inputs, targets, done / 100)).backward()
        optimizer.step()
    assert (model(inputs).argmax(dim=-1) == targets).float().mean() > 0.9
