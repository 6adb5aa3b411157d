"""Do the validation rows' confidences mean what they say, overall and by group."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from app.validation import ValidationRow, confidences_of, groups_of, right_of
from evaluation.calibration import expected_calibration_error
from evaluation.record import Record


class Calibrated(Record):
    """Attributes:
    name: of the group; empty where it has none.
    rows: in the group.
    accuracy: share right.
    confidence: mean confidence.
    ece: expected calibration error; biased upwards where rows are few.
    """

    name: str
    rows: int
    accuracy: float
    confidence: float
    ece: float


class CalibrationReport(Record):
    """Overall, and each locale and department, the largest first; no departments where they are not kept."""

    overall: Calibrated
    by_locale: tuple[Calibrated, ...]
    by_department: tuple[Calibrated, ...]


def calibration_report(rows: Sequence[ValidationRow]) -> CalibrationReport:
    """Of at least one row."""
    departments = all(row.category_path for row in rows)
    return CalibrationReport(
        overall=_by_name(rows, [""] * len(rows))[0],
        by_locale=_by_name(rows, groups_of(rows, "locale")),
        by_department=_by_name(rows, groups_of(rows, "department")) if departments else (),
    )


def _by_name(rows: Sequence[ValidationRow], names: Sequence[str]) -> tuple[Calibrated, ...]:
    confidences, right, places = confidences_of(rows), right_of(rows), np.asarray(names, dtype=object)
    found = []
    for name, count in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])):
        own = places == name
        found.append(
            Calibrated(
                name=name,
                rows=count,
                accuracy=float(right[own].mean()),
                confidence=float(confidences[own].mean()),
                ece=expected_calibration_error(confidences[own], right[own]),
            )
        )
    return tuple(found)
