import pytest

from app.calibrated import calibration_report
from app.validation import ValidationRow, confidences_of, right_of
from catalog.product import Product
from evaluation.calibration import expected_calibration_error


def rows(locale: str, path: str, confidence: float, outcomes: str) -> list[ValidationRow]:
    return [
        ValidationRow(
            product=Product(product_id=f"{locale}{path}{i}", title="t", locale=locale),
            category_path=path,
            confidence=confidence,
            right=outcome == "+",
        )
        for i, outcome in enumerate(outcomes)
    ]


def test_each_group_has_its_own_error() -> None:
    """Good overall, wrong in both locales: the errors cancel."""
    found = calibration_report(rows("de", "A > x", 0.75, "++++") + rows("fr", "B > y", 0.75, "++--"))
    assert found.overall.rows == 8
    assert found.overall.ece == pytest.approx(0.0)
    assert [(part.name, part.rows, part.accuracy) for part in found.by_locale] == [
        ("de", 4, 1),
        ("fr", 4, 0.5),
    ]
    assert [part.ece for part in found.by_locale] == pytest.approx([0.25, 0.25])
    assert [part.name for part in found.by_department] == ["A", "B"]
    assert found.by_department[0].confidence == pytest.approx(0.75)


def test_the_largest_group_comes_first_then_by_name() -> None:
    found = calibration_report(
        rows("b", "A", 0.5, "+") + rows("a", "A", 0.5, "-") + rows("c", "A", 0.5, "+-")
    )
    assert [part.name for part in found.by_locale] == ["c", "a", "b"]


def test_departments_that_were_not_kept_are_left_out() -> None:
    assert calibration_report(rows("de", "", 0.5, "+-")).by_department == ()


def test_overall_is_the_error_of_all_rows() -> None:
    seen = rows("de", "A", 0.9, "++-") + rows("de", "A", 0.3, "+--")
    expected = expected_calibration_error(confidences_of(seen), right_of(seen))
    assert calibration_report(seen).overall.ece == pytest.approx(expected)
