"""Many rows through `batch run` without a language model: rows a second and peak memory.

    PYTHONPATH=. python benchmarks/stream_rows.py CATALOG --workspace DIR --rows 10000 100000

The catalog's rows are repeated under new ids until there are enough. Writes
benchmarks/results/stream_rows.json.
"""

import argparse
import csv
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from main_job import commit, machine

from catalog.product import Product, Row
from catalog.reader import read_catalog

RESULTS = Path(__file__).parent / "results" / "stream_rows.json"


def endless(catalog: Path) -> Iterator[Product]:
    """The catalog's products again and again, read anew each time."""
    while True:
        yield from (item.product for item in read_catalog(catalog) if isinstance(item, Row))


def write_rows(catalog: Path, rows: int, target: Path) -> None:
    """A CSV of `rows` rows, never held in memory."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["product_id", "title", "description", "brand"])
        for number, product in enumerate(itertools.islice(endless(catalog), rows)):
            own_id = f"{product.product_id}-{number}"
            writer.writerow([own_id, product.title, product.description, product.brand])


def measure(catalog: Path, workspace: Path, rows: int) -> dict[str, Any]:
    """One batch in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "rows.csv", Path(folder) / "out"
        write_rows(catalog, rows, source)
        batch = ["batch", "run", str(source), "--workspace", str(workspace), "--out", str(out)]
        subprocess.run(
            [sys.executable, "-m", "app", *batch, "--llm", "none", "--json"],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        found: dict[str, Any] = json.loads((out / "run.json").read_text("utf-8"))
        return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args(arguments)
    runs = {str(rows): measure(options.catalog, options.workspace, rows) for rows in options.rows}
    document = {"commit": commit(), "machine": machine(), "catalog": options.catalog.name, "runs": runs}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
