"""An audit as files: CSV for a spreadsheet, JSON for machines, a page to read."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from audit.page import render
from audit.suspicion import Audit, Suspicion
from catalog.errors import WorkspaceError
from catalog.text import normalise

CSV_FILE: Final = "suspicions.csv"
JSON_FILE: Final = "audit.json"
PAGE_FILE: Final = "audit.html"

_COLUMNS = (
    "row",
    "product_id",
    "title",
    "given_path",
    "proposed_path",
    "probability",
    "proposed_probability",
    "confident",
    "kind",
    "why",
)
# What spreadsheets take for a formula; titles are written by strangers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_audit(audit: Audit, out: Path) -> Path:
    """Write all three files into `out`, made where missing; returns the path of the page.

    Raises:
        WorkspaceError: the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / CSV_FILE, csv_text(audit.suspicions))
        _write(out / JSON_FILE, audit.model_dump_json(indent=1) + "\n")
        return _write(out / PAGE_FILE, render(audit))
    except OSError as error:
        raise WorkspaceError(f"`{out}` cannot be written: {error}.", fix="Name another folder.") from error


def csv_text(suspicions: Iterable[Suspicion]) -> str:
    """One suspicion a line, the likeliest first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    writer.writerows(_cells(suspicion) for suspicion in suspicions)
    return text.getvalue()


def _cells(suspicion: Suspicion) -> dict[str, object]:
    return {
        "row": suspicion.row,
        "product_id": _shown(suspicion.product.product_id),
        "title": _shown(suspicion.product.title),
        "given_path": _shown(suspicion.given_path),
        "proposed_path": _shown(suspicion.proposed_path),
        "probability": f"{suspicion.probability:.4f}",
        "proposed_probability": f"{suspicion.proposed_probability:.4f}",
        "confident": suspicion.confident,
        "kind": suspicion.kind,
        "why": _shown(" ".join(suspicion.why)),
    }


def _shown(text: str) -> str:
    clean = normalise(text)
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def _write(path: Path, text: str) -> Path:
    """Replace `path` in one step; what UTF-8 cannot hold becomes `?`."""
    beside = path.with_name(path.name + ".writing")
    beside.write_text(text, "utf-8", errors="replace", newline="")
    os.replace(beside, path)
    return path
