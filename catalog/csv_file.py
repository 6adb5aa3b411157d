"""Records as a CSV file that people edit: written whole or not at all."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the file in one step; missing folders are made.

    Raises:
        OSError: it cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    beside = path.with_name(path.name + ".writing")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(text.getvalue(), "utf-8", newline="")
    os.replace(beside, path)
