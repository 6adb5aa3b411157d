"""JSON lines: one object a line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from catalog.errors import CatalogError
from catalog.formats.records import RECORD_CHARS, BadRecord, Problem, Record
from catalog.formats.text_file import bounded_lines, count_lines, open_text

# A key that no object has among so many is taken for missing.
HEADER_LINES = 1_000
_FIX = "Write each product as one JSON object on a line of its own."


def _parse(line: str) -> dict[str, object] | Problem:
    if len(line) > RECORD_CHARS:
        return Problem("too_long", f"the line has over {RECORD_CHARS} characters.", "Shorten it.")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Problem("malformed", f"not JSON ({error}).", _FIX)
    if not isinstance(value, dict):
        return Problem("malformed", f"a JSON {type(value).__name__}, not an object.", _FIX)
    return value


@dataclass(frozen=True)
class JsonLinesFile:
    """One file of JSON lines; blank lines are skipped."""

    path: Path

    def columns(self) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for number, (_, line) in enumerate(islice(self._lines(), HEADER_LINES)):
            if number == 0:
                self._refuse_other_json(line.strip())
            value = _parse(line)
            if not isinstance(value, Problem):
                names.update(dict.fromkeys(value))
        return tuple(names)

    def records(self, wanted: Mapping[str, str]) -> Iterator[Record | BadRecord]:
        for number, line in self._lines():
            value = _parse(line)
            place = f"line {number}"
            if isinstance(value, Problem):
                yield BadRecord(place, value)
            else:
                yield Record(place, {our: value[their] for our, their in wanted.items() if their in value})

    def count(self) -> int | None:
        return count_lines(self.path, quoting=False)

    def _lines(self) -> Iterator[tuple[int, str]]:
        with open_text(self.path) as stream:
            number = 0
            for number, line in enumerate(bounded_lines(stream), start=1):
                if not line.isspace():
                    yield number, line
            if number == 0:
                raise CatalogError(f"`{self.path}` is empty.", fix=_FIX)

    def _refuse_other_json(self, first_line: str) -> None:
        if first_line == "{" or first_line.startswith("["):
            raise CatalogError(f"`{self.path}` is one JSON document, not JSON lines.", fix=_FIX)
