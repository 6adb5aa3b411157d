"""Text files as bounded lines: any compression and byte order mark, bytes that are no text marked."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from catalog.errors import CatalogError
from catalog.formats.records import RECORD_CHARS

GZIP_SUFFIX = ".gz"
# Error handler that turns undecodable bytes into lone surrogates, U+DC00 + byte: like Python's
# `surrogateescape`, but for UTF-16 too.
MARK_BYTES = "dual-expert-mark-bytes"
MARK = 0xDC00
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK_BYTES = 1 << 20


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(MARK + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(MARK_BYTES, _mark_bytes)


def is_gzip(path: Path) -> bool:
    return path.suffix.lower() == GZIP_SUFFIX


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        fix = "Write or copy the archive again." if is_gzip(path) else "Check the path and its permissions."
        raise CatalogError(f"`{path}` cannot be read: {error}.", fix=fix) from error


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """The file as text with its line ends untouched; UTF-8 unless a byte order mark says UTF-16.

    Raises:
        CatalogError: the file cannot be opened or, at any later moment, read on.
    """
    with _readable(path), gzip.open(path) if is_gzip(path) else path.open("rb") as raw:
        start = raw.peek(4)
        encoding = next((name for bom, name in _ENCODINGS if start.startswith(bom)), "utf-8")
        with io.TextIOWrapper(raw, encoding, MARK_BYTES, newline="") as stream:
            yield stream


def bounded_lines(stream: TextIO) -> Iterator[str]:
    """Lines with their ends; one over `RECORD_CHARS` is cut to one character more than that."""
    while line := stream.readline(RECORD_CHARS + 1):
        rest = line
        while len(rest) > RECORD_CHARS and not rest.endswith(("\n", "\r")):
            rest = stream.readline(RECORD_CHARS + 1)
        yield line


def count_lines(path: Path, *, quoting: bool) -> int | None:
    """Newlines of a plain UTF-8 file; None when they do not tell the number of records.

    Compressed files, UTF-16 and, with `quoting`, files with a quote anywhere (a field may then hold
    newlines) are not counted.

    Raises:
        CatalogError: the file cannot be read.
    """
    if is_gzip(path):
        return None
    lines, last = 0, b"\n"
    with _readable(path), path.open("rb") as raw:
        if raw.peek(2).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return None
        while block := raw.read(_BLOCK_BYTES):
            if quoting and b'"' in block:
                return None
            lines, last = lines + block.count(b"\n"), block
    return lines + (not last.endswith(b"\n"))
