"""Definitions as a CSV or JSON lines file, to be edited outside and read back."""

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agents.case import Definition
from agents.definitions import DefinitionDesk
from agents.definitions.history import History
from catalog.errors import CatalogError, SettingsError, TaxonomyError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord, Record
from catalog.text import normalise

COLUMNS = (
    "category_id",
    "category_path",
    "version",
    "in_use",
    "status",
    "text",
    "method",
    "failed_checks",
    "reviewer",
)
_READ = ("category_id", "category_path", "version", "status", "text")
_JSON_LINES = (".jsonl", ".ndjson")
_DECIDED = ("approved", "edited")


@dataclass
class Imported:
    """Attributes:
    edited, approved, unchanged: rows by what became of them.
    errors: of the others, where they stand and what is wrong.
    """

    edited: int = 0
    approved: int = 0
    unchanged: int = 0
    errors: list[str] = field(default_factory=list)


def write_definitions(path: Path, histories: Iterable[History]) -> int:
    """Write the definition in use of each category, and the proposal where one waits; returns the rows.

    Raises:
        SettingsError: an extension that is not written.
        CatalogError: the file cannot be written.
    """
    rows = [_row(history, definition) for history in histories for definition in _shown(history)]
    beside = path.with_name(path.name + ".writing")
    content = _formatted(path, rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(content, "utf-8", newline="")
        os.replace(beside, path)
    except OSError as error:
        raise CatalogError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error
    return len(rows)


def read_definitions(path: Path, desk: DefinitionDesk, reviewer: str) -> Imported:
    """Take over what a person changed: a new text is an edit, `approved` on a draft approves it.

    A row whose version was decided on after the export is an error, so that nobody's decision is lost; other
    columns than category, `version`, `status` and `text` are not read. The same file may be read again.

    Raises:
        CatalogError: not such a file.
        WorkspaceError: the store cannot be used.
    """
    source = open_source(path)
    found = source.columns()
    if "text" not in found or not {"category_id", "category_path"} & set(found):
        raise CatalogError(f"`{path}` has no definitions.", fix="It needs `category_path` and `text`.")
    imported = Imported()
    for record in source.records({name: name for name in _READ}):
        try:
            outcome = _taken(record, desk, reviewer)
        except (CatalogError, SettingsError, TaxonomyError) as error:
            imported.errors.append(f"{record.place}: {error}")
        else:
            setattr(imported, outcome, getattr(imported, outcome) + 1)
    return imported


def _taken(record: Record | BadRecord, desk: DefinitionDesk, reviewer: str) -> str:
    """What became of one row."""
    if isinstance(record, BadRecord):
        raise CatalogError(record.problem.message, fix=record.problem.fix)
    values = {name: str(value).strip() for name, value in record.values.items() if value is not None}
    category = values.get("category_id") or values.get("category_path", "")
    text, status = normalise(values.get("text", "")), values.get("status", "")
    if status not in ("", "draft", *_DECIDED):
        raise SettingsError(f"`status` is {status!r}.", fix="Write draft or approved.")
    standing = desk.histories([category])
    if not standing:
        desk.edit(category, text, reviewer)
        return "edited"
    history = standing[0]
    if text == history.current.text and history.current.status != "draft":
        return "unchanged"
    base = _base(history, values.get("version", ""))
    if text == base.text and (status not in _DECIDED or base.status != "draft"):
        return "unchanged"
    _refuse_stale(history, base)
    if text == base.text:
        desk.approve(category, reviewer, base.version)
        return "approved"
    desk.edit(category, text, reviewer)
    return "edited"


def _base(history: History, version: str) -> Definition:
    """What the row was made from."""
    if not version:
        return history.proposal or history.current
    base = history.version(int(version)) if version.isdecimal() else None
    if base is None:
        raise SettingsError(f"`version` is {version!r}.", fix=f"It has {len(history.versions)} of them.")
    return base


def _refuse_stale(history: History, base: Definition) -> None:
    now = history.current
    if now.status != "draft" and now.version > base.version:
        raise SettingsError(
            f"Version {now.version} of {now.category_path!r} was {now.status} by {now.reviewer!r} since.",
            fix="Export again and repeat the change.",
        )


def _shown(history: History) -> Sequence[Definition]:
    return [history.current, *([history.proposal] if history.proposal else [])]


def _row(history: History, definition: Definition) -> dict[str, object]:
    row = definition.model_dump(mode="json", include=set(COLUMNS))
    row["in_use"] = definition.version == history.in_use
    row["failed_checks"] = "; ".join(definition.failed_checks)
    return {name: row[name] for name in COLUMNS}


def _formatted(path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    if path.suffix in _JSON_LINES:
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.suffix != ".csv":
        raise SettingsError(f"`{path}` has an extension that is not written.", fix="Use .csv or .jsonl.")
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
