import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from catalog.errors import CatalogError
from evaluation.compare import compare, gains


def own(labels: NDArray[np.intp]) -> list[frozenset[str]]:
    return [frozenset({str(label)}) for label in labels]


def names(labels: NDArray[np.intp]) -> list[str]:
    return [str(label) for label in labels]


def system(rng: np.random.Generator, true: NDArray[np.intp], classes: int, right: float) -> NDArray[np.intp]:
    return np.where(rng.random(len(true)) < right, true, rng.integers(classes, size=len(true)))


def test_the_gains_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(12, size=400)
    first, second = system(rng, true, 15, 0.5), system(rng, true, 15, 0.7)
    found = compare(own(true), names(first), names(second), resamples=50)
    for metric, average in (("weighted_f1", "weighted"), ("macro_f1", "macro")):
        expected = f1_score(true, second, average=average) - f1_score(true, first, average=average)
        assert found[metric].value == pytest.approx(expected)
    assert found["accuracy"].value == pytest.approx(np.mean(second == true) - np.mean(first == true))


def test_a_clear_gain_is_beyond_chance_and_its_opposite_too() -> None:
    rng = np.random.default_rng(1)
    true = rng.integers(10, size=600)
    first, second = system(rng, true, 10, 0.5), system(rng, true, 10, 0.8)
    there, back = (
        compare(own(true), names(a), names(b), resamples=400) for a, b in ((first, second), (second, first))
    )
    for metric, part in there.items():
        assert part.p == pytest.approx(2 / 401)
        assert part.low > 0
        assert back[metric].p == part.p
        assert back[metric].value == pytest.approx(-part.value)


def test_the_same_answers_are_no_evidence() -> None:
    true = np.arange(50) % 7
    found = compare(own(true), names(true), names(true), resamples=50)
    assert [(part.value, part.low, part.high, part.p) for part in found.values()] == [
        (0.0, 0.0, 0.0, 1.0)
    ] * 3


def test_without_a_difference_five_percent_are_called_one() -> None:
    """Both systems of a world are drawn alike; .05 of 150 worlds is 7.5, with deviation 2.7."""
    rng = np.random.default_rng(2)
    called = np.zeros(3)
    for _ in range(150):
        true = rng.integers(8, size=200)
        first, second = system(rng, true, 8, 0.6), system(rng, true, 8, 0.6)
        found = compare(own(true), names(first), names(second), resamples=200)
        called += [part.p < 0.05 for part in found.values()]
    assert called.max() <= 16
    assert called.min() >= 1


def test_either_of_several_paths_is_right_for_either_system() -> None:
    truths = [frozenset("AB"), frozenset("A")]
    found = compare(truths, ["A", "A"], ["B", "A"], resamples=10)
    assert found["weighted_f1"].value == 0.0


def test_gains_are_of_the_second_over_the_first() -> None:
    first, second = np.array([True, False, True, False]), np.array([False, True, True, False])
    assert gains(first, second).tolist() == [-1.0, 1.0, 0.0, 0.0]


def test_no_products_is_an_error() -> None:
    with pytest.raises(CatalogError, match="no labelled products"):
        compare([], [], [])
