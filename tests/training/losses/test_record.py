import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

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

LOSS: TypeAdapter[Loss] = TypeAdapter(Loss)

RECORDS = [
    CrossEntropy(label_smoothing=0.05, weighting=EffectiveNumber()),
    Focal(gamma=1.0, weighting=InverseFrequency(power=0.5)),
    Bootstrap(beta=0.85, gate=0.2),
    BinaryCrossEntropy(beta=0.9, sigma=0.7, epsilon=0.9, early_epsilon=1.2, epsilon_gate=0.1),
    LogitAdjustment(tau=0.5),
    SupervisedContrastive(temperature=0.2),
    WeightedSum(terms=(Term(loss=Focal()), Term(loss=SupervisedContrastive(), weight=0.1))),
    TwoPhases(first=Focal(), second=WeightedSum(terms=(Term(loss=Bootstrap()),)), switch=0.6),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_a_record_survives_json(record: Loss) -> None:
    assert LOSS.validate_json(LOSS.dump_json(record)) == record


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "hinge"},
        {"kind": "focal", "beta": 0.9},
        {"kind": "focal", "gamma": -1},
        {"kind": "bootstrap", "beta": 1.1},
        {"kind": "binary_cross_entropy", "sigma": 0},
        {"kind": "binary_cross_entropy", "epsilon": 0},
        {"kind": "weighted_sum", "terms": []},
        {"kind": "two_phases", "first": {"kind": "two_phases"}, "second": {"kind": "focal"}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LOSS.validate_python(values)


def test_a_recipe_can_hold_a_loss_without_loading_torch() -> None:
    code = (
        "import sys, training.losses.record, training.augmentation.record; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
