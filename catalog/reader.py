"""A catalog as a stream of rows: one bad row is a value of the stream, never its end."""

from collections.abc import Generator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from catalog.columns import check_columns, full_mapping
from catalog.errors import CatalogError
from catalog.formats.files import open_sources
from catalog.formats.records import BadRecord, Problem, Record, Source
from catalog.product import Row, RowError
from catalog.rows import RowRefused, read_id, shown_id, to_product


def read_catalog(
    path: Path, *, columns: Mapping[str, str] = {}, labelled: bool = False
) -> Generator[Row | RowError, None, None]:
    """Products of a file or a folder of files, in order; memory grows by a hash of each id only.

    CSV, TSV, JSON lines (.jsonl, .ndjson, .json) and Parquet by extension, the text formats also with
    `.gz`; text is UTF-8, or UTF-16 with a byte order mark. The files of a folder are read in the order of
    their names and rows counted on over them. Columns that are not ours are ignored. Product text is
    stripped, else as written: `catalog.text.normalise` prepares it for models.

    An id counts as used by the first row that has it, also when that row is refused for another reason.

    Args:
        columns: our column name to the file's, for those that differ.
        labelled: whether every row needs a `category_path`.

    Raises:
        CatalogError: at once, when there is nothing to read or a column is missing; while iterating,
            when a file cannot be read on or no file has a row.
        SettingsError: `columns` names a column that is not ours.
    """
    wanted = full_mapping(columns)
    required = {"product_id", "title", *columns, *(("category_path",) if labelled else ())}
    sources = open_sources(path)
    for source in sources:
        if found := source.columns():
            check_columns(source.path, found, wanted, required)
    return _rows(path, sources, wanted, labelled=labelled)


def count_rows(path: Path) -> int | None:
    """Rows of a file or folder, for progress bars; None when only a full read could tell.

    Exact for Parquet. For CSV, TSV and JSON lines an estimate by newlines, blank lines included; None
    when they are compressed, UTF-16, or CSV or TSV with a quote in it.

    Raises:
        CatalogError: as `read_catalog`.
    """
    counts = [source.count() for source in open_sources(path)]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _rows(
    path: Path, sources: Sequence[Source], wanted: Mapping[str, str], *, labelled: bool
) -> Generator[Row | RowError, None, None]:
    number = 0
    seen: set[bytes] = set()
    records = ((source.path, record) for source in sources for record in source.records(wanted))
    for number, (file, record) in enumerate(records, start=1):
        yield _row(number, file, record, seen, labelled=labelled)
    if number == 0:
        raise CatalogError(f"`{path}` has no rows.", fix="Give a catalog with at least one product.")


def _row(
    number: int, path: Path, record: Record | BadRecord, seen: set[bytes], *, labelled: bool
) -> Row | RowError:
    place = f"Row {number} (`{path.name}`, {record.place})"
    if isinstance(record, BadRecord):
        return _error(number, "", place, record.problem)
    try:
        product_id = read_id(record.values)
        _claim(product_id, seen)
        return Row(number, to_product(product_id, record.values, labelled=labelled))
    except RowRefused as refused:
        return _error(number, shown_id(record.values.get("product_id")), place, refused.problem)


def _claim(product_id: str, seen: set[bytes]) -> None:
    key = blake2b(product_id.encode(), digest_size=8).digest()
    if key in seen:
        message = f"{product_id!r} is the id of an earlier row."
        raise RowRefused("duplicate_id", message, "Give every product an id of its own.")
    seen.add(key)


def _error(number: int, product_id: str, place: str, problem: Problem) -> RowError:
    return RowError(number, product_id, problem.kind, f"{place}: {problem.message} Fix: {problem.fix}")
