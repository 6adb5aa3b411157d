import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from retrieval.calibrator import Calibrator, Isotonic, Logistic
from retrieval.confidence import FEATURES
from training.calibration import (
    FITS,
    fit_beta,
    fit_calibration,
    fit_isotonic,
    fit_logistic,
    fit_temperature,
)

ROWS = 4000
JSON = TypeAdapter(Calibrator)


def world(odds_of, seed: int = 0, rows: int = ROWS):
    """Features of which the first is log odds; the true log odds are a function of all."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, len(FEATURES))).astype(np.float32)
    features[:, 0] = rng.normal(1.5, 1.5, size=rows)
    chances = expit(odds_of(features.astype(np.float64)))
    return features, rng.random(rows) < chances, chances


def test_temperature_is_recovered() -> None:
    features, right, _ = world(lambda f: f[:, 0] / 2)
    assert fit_temperature(features, right).temperature == pytest.approx(2, rel=0.1)


def test_beta_is_recovered() -> None:
    def odds(f: np.ndarray) -> np.ndarray:
        return 0.5 * np.log(expit(f[:, 0])) - 1.5 * np.log(expit(-f[:, 0])) - 0.4

    features, right, chances = world(odds, rows=20_000)
    fitted = fit_beta(features, right)
    assert (fitted.a, fitted.b, fitted.c) == pytest.approx((0.5, 1.5, -0.4), abs=0.15)
    assert np.abs(fitted(features) - chances).mean() < 0.01


def test_logistic_finds_what_the_first_feature_does_not_tell() -> None:
    features, right, chances = world(lambda f: 0.8 * f[:, 0] + 1.2 * f[:, 4] - 0.3)
    fitted = fit_logistic(features, right)
    assert fitted.weights[0] == pytest.approx(0.8, abs=0.1)
    assert fitted.weights[4] == pytest.approx(1.2, abs=0.15)
    assert fitted.bias == pytest.approx(-0.3, abs=0.12)
    assert np.abs(fitted(features) - chances).mean() < 0.02


def test_isotonic_is_scikit_learns_kept_off_the_ends() -> None:
    features, right, _ = world(lambda f: np.sin(2 * f[:, 0]) + f[:, 0])
    fitted = fit_isotonic(features, right)
    expected = IsotonicRegression(out_of_bounds="clip").fit_transform(features[:, 0], right)
    edge = 1 / (ROWS + 2)
    assert fitted(features) == pytest.approx(np.clip(expected, edge, 1 - edge), abs=1e-6)
    assert fitted.values[0] >= edge
    assert fitted.values[-1] <= 1 - edge


@pytest.mark.parametrize(
    ("odds", "best"),
    [
        (lambda f: f[:, 0] / 2.5, {"temperature"}),
        (lambda f: f[:, 0] + 1.5 * f[:, 4], {"logistic"}),
        (lambda f: np.where(f[:, 0] > 1, 3.0, -1.0), {"isotonic"}),
    ],
)
def test_the_calibrator_that_fits_the_world_is_kept(odds, best: set[str]) -> None:
    features, right, _ = world(odds, rows=6000)
    found = fit_calibration(features, right, seed=0)
    assert found.calibrator.kind in best
    assert set(found.losses) == set(FITS)
    assert found.losses[found.calibrator.kind] == min(found.losses.values())


def test_losses_are_of_rows_the_fit_did_not_see() -> None:
    """On pure noise with many features a loss in sample would beat the entropy of the outcomes."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(120, len(FEATURES))).astype(np.float32)
    right = rng.random(120) < 0.5
    assert min(fit_calibration(features, right, seed=1).losses.values()) > 0.69


@pytest.mark.parametrize("outcome", [True, False])
def test_a_single_outcome_does_not_run_away(outcome: bool) -> None:
    features, _, _ = world(lambda f: f[:, 0], rows=60)
    found = fit_calibration(features, np.full(60, outcome), seed=0)
    chances = found.calibrator(features)
    assert "isotonic" not in found.losses
    assert np.isfinite(chances).all()
    assert ((chances > 0) & (chances < 1)).all()


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_a_handful_of_rows_leave_the_probability_nearly_as_it_is(rows: int) -> None:
    features, right, _ = world(lambda f: f[:, 0], rows=rows)
    found = fit_calibration(features, right, seed=0).calibrator(features)
    assert found == pytest.approx(expit(features[:, 0]), abs=0.3)


@pytest.mark.parametrize("kind", FITS)
def test_every_calibrator_survives_json_to_the_bit(kind: str) -> None:
    features, right, _ = world(lambda f: f[:, 0], rows=500)
    fitted = FITS[kind](features, right)
    again = JSON.validate_json(fitted.model_dump_json())
    assert again == fitted
    assert again.kind == kind
    assert again(features).tolist() == fitted(features).tolist()


def test_the_same_seed_gives_the_same_fit() -> None:
    features, right, _ = world(lambda f: f[:, 0], rows=300)
    assert fit_calibration(features, right, seed=3) == fit_calibration(features, right, seed=3)


def test_unknown_fields_and_kinds_are_refused() -> None:
    for bad in ('{"kind": "magic"}', '{"kind": "temperature", "temperature": 1, "more": 2}'):
        with pytest.raises(ValueError, match=r"kind|more"):
            JSON.validate_json(bad)


def test_records_know_how_many_weights_there_are() -> None:
    with pytest.raises(ValueError, match="weights"):
        Logistic(weights=(1.0,), bias=0.0)
    assert Isotonic(knots=(0.0,), values=(0.7,))(np.zeros((2, len(FEATURES)), np.float32)).tolist() == (
        pytest.approx([0.7, 0.7])
    )
