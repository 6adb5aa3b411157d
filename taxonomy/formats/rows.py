"""Tables with one category a row: CSV, TSV or Parquet with the columns `category_path` and others."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from catalog.errors import TaxonomyError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord, Record
from catalog.product import PATH_SEPARATOR
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error

# What files call our columns, ours first.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "category_path": ("category_path", "path", "full_name", "category"),
    "category_id": ("category_id", "id", "code"),
    "name": ("name", "title"),
    "description": ("description", "definition"),
    "locale": ("locale", "language"),
}


def path_column(columns: tuple[str, ...]) -> str | None:
    """The column that holds the paths; None when there is none."""
    return next((name for name in _COLUMNS["category_path"] if name in columns), None)


def read_rows(path: Path, locale: str) -> Drafts:
    """A table of paths. Where rows have ids, every category has its own row; else a path brings its parents.

    Args:
        locale: of rows that name none.

    Raises:
        TaxonomyError: no column of paths.
    """
    source = open_source(path)
    found = source.columns()
    if path_column(found) is None:
        names = ", ".join(map(repr, _COLUMNS["category_path"]))
        raise TaxonomyError(
            f"`{path}` has no column of paths; it has {', '.join(found)}.", fix=f"Name one of {names}."
        )
    named = {our: [one for one in theirs if one in found] for our, theirs in _COLUMNS.items()}
    wanted = {our: theirs[0] for our, theirs in named.items() if theirs}
    findings: list[Finding] = []
    drafts = list(_drafts(path, source.records(wanted), locale, findings))
    return Drafts("paths", drafts, findings, implied_parents=not any(one.category_id for one in drafts))


def _drafts(
    path: Path, records: Iterator[Record | BadRecord], locale: str, findings: list[Finding]
) -> Iterator[Draft]:
    for record in records:
        unit, _, number = record.place.rpartition(" ")
        place = Place(str(path), int(number), "line" if unit == "line" else "row")
        if isinstance(record, BadRecord):
            findings.append(error("malformed", place, record.problem.message))
            continue
        values = {name: _text(value) for name, value in record.values.items()}
        parts = tuple(part.strip() for part in values.get("category_path", "").split(PATH_SEPARATOR))
        if not all(parts):
            message = f"the path {values.get('category_path', '')!r} has an empty part."
            findings.append(error("malformed", place, message))
            continue
        yield Draft(
            place=place,
            category_id=values.get("category_id", ""),
            name=parts[-1],
            path=parts,
            locale=values.get("locale") or locale,
            description=values.get("description", ""),
        )


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
