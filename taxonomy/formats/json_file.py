"""JSON documents, and the line that a value stands on: the parser does not tell."""

import json
import re
from pathlib import Path
from typing import Any

from catalog.errors import TaxonomyError
from taxonomy.findings import Place
from taxonomy.formats.lines import whole_text


class LineFinder:
    """Finds `"KEY": VALUE` going forward only, as the values are met in the order of the file.

    A value met twice is found in both places, so that a duplicate names its own line.
    """

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._at = 0
        self._line = 1

    def place(self, key: str = "", value: object = "") -> Place:
        """Of the next such pair; of the last one found where there is none."""
        shown = re.escape(json.dumps(value, ensure_ascii=False))
        found = re.compile(rf'"{key}"\s*:\s*{shown}').search(self._text, self._at) if key else None
        if found:
            self._line += self._text.count("\n", self._at, found.start())
            self._at = found.start() + 1
        return Place(self._file, self._line)


def read_json(path: Path) -> tuple[Any, LineFinder]:
    """The document and a finder over its text.

    Raises:
        TaxonomyError: not JSON; names the line.
    """
    text = whole_text(path)
    try:
        return json.loads(text), LineFinder(str(path), text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise TaxonomyError(f"`{path}`{line} is not JSON: {error}.", fix="Download it again.") from error
