"""Text files as numbered lines without their ends."""

from collections.abc import Iterator
from pathlib import Path

from catalog.errors import TaxonomyError
from catalog.formats.text_file import open_text


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, numbered from 1.

    Raises:
        TaxonomyError: the file is no UTF-8.
        CatalogError: it cannot be read.
    """
    with open_text(path) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.rstrip("\r\n")
            if not text.strip():
                continue
            try:
                text.encode()
            except UnicodeEncodeError as error:
                message = f"`{path}` line {number} is no UTF-8."
                raise TaxonomyError(message, fix="Save the file as UTF-8.") from error
            yield number, text


def whole_text(path: Path) -> str:
    """All of a file.

    Raises:
        TaxonomyError: the file is no UTF-8.
    """
    with open_text(path) as stream:
        text = stream.read()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TaxonomyError(f"`{path}` is no UTF-8.", fix="Save the file as UTF-8.") from error
    return text
