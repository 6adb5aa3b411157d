"""From a path to the files of a catalog, by extension."""

import logging
from collections.abc import Callable
from pathlib import Path

from catalog.errors import CatalogError
from catalog.formats.delimited import DelimitedFile
from catalog.formats.json_lines import JsonLinesFile
from catalog.formats.records import Source
from catalog.formats.text_file import is_gzip

_log = logging.getLogger(__name__)


def _parquet(path: Path) -> Source:
    # pyarrow takes a fifth of a second to import, which the other formats need not pay.
    from catalog.formats.parquet import ParquetTable

    return ParquetTable(path)


_TEXT_FORMATS: dict[str, Callable[[Path], Source]] = {
    ".csv": lambda path: DelimitedFile(path, ","),
    ".tsv": lambda path: DelimitedFile(path, "\t"),
    ".jsonl": JsonLinesFile,
    ".ndjson": JsonLinesFile,
    ".json": JsonLinesFile,
}
_FORMATS = {**_TEXT_FORMATS, ".parquet": _parquet}
_EXTENSIONS_FIX = (
    f"Use {', '.join(_TEXT_FORMATS)} (each also with .gz) or .parquet, or a folder of such files."
)


def open_source(path: Path) -> Source:
    """The one file at `path`.

    Raises:
        CatalogError: it does not exist, is a folder or has an extension that we do not read.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise CatalogError(f"`{path}` {what}.", fix="Give the path of one file.")
    source = _source(path)
    if source is None:
        raise CatalogError(f"`{path}` has an extension that is not read.", fix=_EXTENSIONS_FIX)
    return source


def open_sources(path: Path) -> list[Source]:
    """The file at `path`, or the files of the folder at `path` in the order of their names.

    In a folder, names that begin with `.` or `_` are passed over, and what has another extension too,
    with a warning in the log; folders in it are not entered.

    Raises:
        CatalogError: nothing there that can be read.
    """
    if not path.is_dir():
        return [open_source(path)]
    entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith((".", "_")))
    found = [(entry, _source(entry) if entry.is_file() else None) for entry in entries]
    for entry, source in found:
        if source is None:
            _log.warning("`%s` is passed over: not a catalog file.", entry)
    sources = [source for _, source in found if source is not None]
    if not sources:
        raise CatalogError(f"The folder `{path}` holds no catalog file.", fix=_EXTENSIONS_FIX)
    return sources


def _source(path: Path) -> Source | None:
    extension = path.with_suffix("").suffix if is_gzip(path) else path.suffix
    formats = _TEXT_FORMATS if is_gzip(path) else _FORMATS
    make = formats.get(extension.lower())
    return make(path) if make else None
