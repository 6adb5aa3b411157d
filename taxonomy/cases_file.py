"""Open cases as CSV: a person fills in `new_category_path`, and the file is given back as decisions."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from catalog.csv_file import write_csv
from catalog.errors import TaxonomyError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord
from catalog.paths import clean_path
from taxonomy.carry import OpenCase

COLUMNS = tuple(OpenCase.model_fields)


def write_cases(path: Path, cases: Iterable[OpenCase]) -> None:
    """Replace the file in one step.

    Raises:
        TaxonomyError: it cannot be written.
    """
    try:
        write_csv(path, COLUMNS, (case.model_dump() for case in cases))
    except OSError as error:
        raise TaxonomyError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error


def read_cases(path: Path) -> list[OpenCase]:
    """What `write_cases` wrote and a person filled in.

    Raises:
        TaxonomyError: a row is of no use; names the line.
    """
    cases = []
    for record in open_source(path).records({name: name for name in COLUMNS}):
        if isinstance(record, BadRecord):
            raise _unusable(path, record.place, record.problem.message)
        values = {name: str(value or "").strip() for name, value in record.values.items()}
        try:
            if values.get("new_category_path"):
                values["new_category_path"] = clean_path(values["new_category_path"])
            cases.append(OpenCase.model_validate({name: value for name, value in values.items() if value}))
        except ValidationError as error:
            problem = error.errors()[0]
            raise _unusable(path, record.place, f"`{problem['loc'][0]}`: {problem['msg']}") from error
        except ValueError as error:
            raise _unusable(path, record.place, str(error)) from error
    return cases


def _unusable(path: Path, place: str, what: str) -> TaxonomyError:
    return TaxonomyError(f"`{path}` {place}: {what}.", fix="Correct the row; nothing was done.")
