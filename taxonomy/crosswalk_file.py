"""A crosswalk as CSV, for spreadsheets: what needs a look comes first; read strictly."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from catalog.csv_file import write_csv
from catalog.errors import TaxonomyError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord, Record
from taxonomy.crosswalk import Crosswalk, Link

COLUMNS = tuple(Link.model_fields)
_SHOWN_PROBLEMS = 5
_STATUS_ORDER = {"review": 0, "alternative": 0, "accepted": 1, "rejected": 2}
_QUIET = ("same", "follows")


def write_crosswalk(path: Path, links: Iterable[Link]) -> None:
    """Replace the file in one step; open questions first, unchanged categories last.

    Raises:
        TaxonomyError: it cannot be written.
    """
    ordered = sorted(
        links, key=lambda one: (_STATUS_ORDER[one.status], one.relation in _QUIET, one.old_path == "")
    )
    try:
        write_csv(path, COLUMNS, (one.model_dump() for one in ordered))
    except OSError as error:
        raise TaxonomyError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error


def read_crosswalk(path: Path) -> Crosswalk:
    """What `write_crosswalk` wrote and a person may have edited.

    Raises:
        TaxonomyError: a column or a value is of no use; names the line.
    """
    source = open_source(path)
    missing = [name for name in ("old_path", "new_path", "status") if name not in source.columns()]
    if missing:
        raise TaxonomyError(
            f"`{path}` has no column {missing[0]!r}.", fix=f"Its columns are {', '.join(COLUMNS)}."
        )
    links: list[Link] = []
    problems: list[str] = []
    for record in source.records({name: name for name in COLUMNS}):
        try:
            links.append(_link(record))
        except ValueError as error:
            problems.append(f"{record.place}: {error}")
    if problems:
        more = f" and {len(problems) - _SHOWN_PROBLEMS} more" if len(problems) > _SHOWN_PROBLEMS else ""
        raise TaxonomyError(
            f"`{path}` {'; '.join(problems[:_SHOWN_PROBLEMS])}{more}.",
            fix="Correct these rows; nothing was done.",
        )
    return Crosswalk(links)


def _link(record: Record | BadRecord) -> Link:
    """Raises ValueError with what is wrong, in a line."""
    if isinstance(record, BadRecord):
        raise ValueError(record.problem.message)
    values = {name: str(value if value is not None else "").strip() for name, value in record.values.items()}
    values = {name: value for name, value in values.items() if value}
    # People who add a row by hand need not know the other columns.
    values.setdefault("relation", "close")
    values.setdefault("confidence", "1.0")
    try:
        link = Link.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ValueError(f"`{problem['loc'][0]}` is {problem.get('input')!r}: {problem['msg']}") from error
    if not link.old_path and not link.new_path:
        raise ValueError("neither `old_path` nor `new_path` is given")
    return link
