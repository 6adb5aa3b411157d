"""CSV and TSV: RFC 4180 quoting, fields with newlines, and recovery after a record that never ends."""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import CatalogError
from catalog.formats.records import RECORD_CHARS, BadRecord, Problem, Record
from catalog.formats.text_file import bounded_lines, count_lines, open_text

_QUOTING_FIX = "Put fields with separators, quotes or newlines in quotes, and double the quotes inside."


class _Feed:
    """Hands lines to the csv module and remembers those of the record at hand.

    A quote that is never closed makes the csv module swallow all that follows; what it took can be
    given back, so that only the line with the fault is lost.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._chars = 0
        self.first_line = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self._chars += len(line)
        if self._chars > RECORD_CHARS:
            raise csv.Error(f"no end within {RECORD_CHARS} characters")
        return line

    def next_record(self) -> None:
        self.first_line += len(self._taken)
        self._taken.clear()
        self._chars = 0

    def give_back(self) -> None:
        """Take back all lines of the record but its first."""
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    @property
    def is_one_long_line(self) -> bool:
        return len(self._taken) == 1 and self._chars > RECORD_CHARS


def _problem(feed: _Feed, error: csv.Error) -> Problem:
    if feed.is_one_long_line:
        return Problem("too_long", f"the line has over {RECORD_CHARS} characters.", "Shorten it.")
    return Problem("malformed", f"the quoting is broken ({error}).", _QUOTING_FIX)


def _rows(feed: _Feed, delimiter: str) -> Iterator[list[str] | Problem]:
    """Fields of each record that is not blank; `feed.first_line` is where it begins."""
    csv.field_size_limit(max(csv.field_size_limit(), RECORD_CHARS))
    parser = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.next_record()
        try:
            fields = next(parser)
        except StopIteration:
            return
        except csv.Error as error:
            yield _problem(feed, error)
            feed.give_back()
        else:
            if fields:
                yield fields


@dataclass(frozen=True)
class DelimitedFile:
    """One CSV or TSV file; its first record that is not blank is the header."""

    path: Path
    delimiter: str

    def columns(self) -> tuple[str, ...]:
        with open_text(self.path) as stream:
            return self._header(_rows(_Feed(bounded_lines(stream)), self.delimiter))

    def records(self, wanted: Mapping[str, str]) -> Iterator[Record | BadRecord]:
        with open_text(self.path) as stream:
            feed = _Feed(bounded_lines(stream))
            rows = _rows(feed, self.delimiter)
            header = self._header(rows)
            positions = [(our, header.index(their)) for our, their in wanted.items() if their in header]
            for fields in rows:
                place = f"line {feed.first_line}"
                if isinstance(fields, Problem):
                    yield BadRecord(place, fields)
                elif len(fields) != len(header):
                    message = f"{len(fields)} fields, but the header has {len(header)}."
                    yield BadRecord(place, Problem("malformed", message, _QUOTING_FIX))
                else:
                    yield Record(place, {our: fields[position] for our, position in positions})

    def count(self) -> int | None:
        lines = count_lines(self.path, quoting=True)
        return None if lines is None else max(lines - 1, 0)

    def _header(self, rows: Iterator[list[str] | Problem]) -> tuple[str, ...]:
        first = next(rows, None)
        if first is None:
            raise CatalogError(f"`{self.path}` is empty.", fix="Give a file with a header and rows.")
        if isinstance(first, Problem):
            raise CatalogError(f"The header of `{self.path}` is broken: {first.message}", fix=first.fix)
        return tuple(name.strip() for name in first)
