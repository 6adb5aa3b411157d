"""The corrections file: CSV with one correction a row, read strictly, written whole or not at all."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from catalog.csv_file import write_csv
from catalog.errors import CatalogError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord, Record
from catalog.paths import clean_path
from review.corrections import Correction

COLUMNS = tuple(Correction.model_fields)
REQUIRED = ("product_id", "new_category_path", "source")
_SHOWN_PROBLEMS = 5


def read_corrections(path: Path) -> list[Correction]:
    """All rows, in order; the same row twice counts once.

    Raises:
        CatalogError: not such a file, or rows of it are no use: names file, row and what to write.
    """
    source = open_source(path)
    _check_columns(path, source.columns())
    found: dict[Correction, None] = {}
    problems: list[str] = []
    for record in source.records({name: name for name in COLUMNS}):
        try:
            found[_correction(record)] = None
        except ValueError as error:
            problems.append(f"{record.place}: {error}")
    if problems:
        more = f" and {len(problems) - _SHOWN_PROBLEMS} more rows" if len(problems) > _SHOWN_PROBLEMS else ""
        message = f"`{path}` {'; '.join(problems[:_SHOWN_PROBLEMS])}{more}."
        raise CatalogError(message, fix="Correct these rows or take them out; nothing was applied.")
    return list(found)


def write_corrections(path: Path, corrections: Iterable[Correction]) -> None:
    """Replace the file in one step.

    Raises:
        CatalogError: it cannot be written.
    """
    try:
        write_csv(path, COLUMNS, (correction.model_dump() for correction in corrections))
    except OSError as error:
        raise CatalogError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error


def merged(standing: Iterable[Correction], newer: Iterable[Correction]) -> list[Correction]:
    """Both in order; a newer correction of the same label takes the standing one's place."""
    by_label: dict[tuple[str, str], Correction] = {}
    for correction in (*standing, *newer):
        by_label[correction.product_id, correction.old_category_path] = correction
    return list(by_label.values())


def _check_columns(path: Path, found: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in found]
    unknown = [name for name in found if name not in COLUMNS]
    if missing or unknown:
        what = f"has no column {missing[0]!r}" if missing else f"has a column {unknown[0]!r}"
        raise CatalogError(f"`{path}` {what}.", fix=f"Its columns are {', '.join(COLUMNS)}.")


def _correction(record: Record | BadRecord) -> Correction:
    """Raises ValueError with what is wrong, in a line."""
    if isinstance(record, BadRecord):
        raise ValueError(record.problem.message)
    values = {name: str(value or "").strip() for name, value in record.values.items()}
    for name in ("old_category_path", "new_category_path"):
        if values.get(name):
            values[name] = clean_path(values[name])
    values["status"] = values.get("status") or "accepted"
    try:
        return Correction.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"`{problem['loc'][0]}` is {problem['input']!r}: {problem['msg']}") from error
