"""The verdicts of a batch, carried over a crosswalk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from graph.batch.results import read_table
from graph.batch.schema import ERROR_STATUS
from retrieval.taxonomy import derived_id
from taxonomy.carry import Carrier, OpenCase

Counts = Mapping[str, int]


def carry_verdicts(batch: Path, carrier: Carrier, out: Path) -> tuple[Counts, list[OpenCase]]:
    """Write all rows as one Parquet file with the columns of a part; error rows are kept as they are.

    A verdict whose category a person must choose gets the status `review` and no category; candidates
    without a place are left out of it.

    Raises:
        WorkspaceError: the folder holds no batch, or it is damaged.
    """
    table = read_table(batch)
    cases: list[OpenCase] = []
    rows = []
    for row in table.to_pylist(maps_as_pydicts="strict"):
        rows.append(row if row["status"] == ERROR_STATUS else _carried(row, carrier, cases))
    beside = out.with_name(out.name + ".writing")
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), beside, compression="zstd")
    beside.replace(out)
    errors = sum(row["status"] == ERROR_STATUS for row in rows)
    return {"verdicts": len(rows) - len(cases) - errors, "open": len(cases), "error_rows": errors}, cases


def _carried(row: dict[str, Any], carrier: Carrier, cases: list[OpenCase]) -> dict[str, Any]:
    found = carrier.labels(row["product_id"], "", [row["category_path"]], "verdict")
    cases += found.open
    candidates = [one for c in row["candidates"] if (one := _candidate(c, carrier))]
    changed = {**row, "candidates": _once_each(candidates)}
    if found.open:
        return {**changed, "status": "review", "category_id": None, "category_path": None}
    path = found.paths[0]
    return {**changed, "category_id": _id(path, carrier), "category_path": path}


def _candidate(candidate: dict[str, Any], carrier: Carrier) -> dict[str, Any] | None:
    target = carrier.crosswalk.carry(candidate["category_path"]).target
    if not target:
        return None
    return {**candidate, "category_id": _id(target, carrier), "category_path": target}


def _once_each(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of candidates that became one category, the better one."""
    best: dict[str, dict[str, Any]] = {}
    for one in candidates:
        best.setdefault(one["category_path"], one)
    return list(best.values())


def _id(path: str, carrier: Carrier) -> str:
    return carrier.crosswalk.new_ids.get(path) or derived_id(path)
