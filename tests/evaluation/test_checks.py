import numpy as np
import pytest

from catalog.errors import CatalogError
from evaluation.checks import require_confidences, require_rows


def test_rows_are_counted() -> None:
    assert require_rows(truths=[1, 2], predictions="ab") == 2


def test_no_products_is_an_error_with_a_fix() -> None:
    with pytest.raises(CatalogError, match="no labelled products") as caught:
        require_rows(truths=[], predictions=[])
    assert "category_path" in caught.value.fix


def test_columns_of_different_length_are_named() -> None:
    with pytest.raises(CatalogError, match=r"'truths': 1, 'predictions': 2"):
        require_rows(truths=[1], predictions=[1, 2])


@pytest.mark.parametrize("wrong", [1.5, -0.1, float("nan"), float("inf")])
def test_a_confidence_that_is_no_probability_is_named(wrong: float) -> None:
    with pytest.raises(CatalogError, match=r"`confidences\[1\]` is"):
        require_confidences([0.5, wrong])


def test_confidences_come_back_as_float64() -> None:
    assert require_confidences(np.array([0.0, 1.0], dtype=np.float32)).dtype == np.float64
