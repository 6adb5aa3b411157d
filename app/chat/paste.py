"""A product from what was pasted: JSON, a listing copied from a page, or plain words."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from catalog.columns import COLUMNS
from catalog.errors import CatalogError
from catalog.product import Product
from catalog.rows import RowRefused, to_product

_ALIASES: Final[Mapping[str, str]] = {
    "id": "product_id",
    "sku": "product_id",
    "name": "title",
    "product": "title",
    "features": "bullets",
    "category": "category_path",
    "language": "locale",
}
_FIELD = re.compile(r"^([A-Za-z_ ]{2,20})\s*:\s*(\S.*)$")
_BULLET = re.compile(r"^\s*(?:[•·▪◦‣*–-]|\d{1,2}[.)])\s+(\S.*)$")
_STORE = re.compile(r"^visit the (.+?) store$", re.IGNORECASE)
_HEADINGS = frozenset(
    ("about this item", "product description", "description", "features", "key features", "highlights")
)
_DEFAULT_ID: Final = "pasted"


def read_product(text: str, product_id: str = _DEFAULT_ID) -> Product:
    """A product from a pasted text.

    Args:
        product_id: for a text that names none.

    Raises:
        CatalogError: it is no product; says what is wrong.
    """
    stripped = text.strip()
    values = _from_json(stripped) if _is_json(stripped) else _from_listing(stripped)
    try:
        return to_product(str(values.pop("product_id", "") or product_id), values, labelled=False)
    except RowRefused as refused:
        problem = refused.problem
        raise CatalogError(f"This is no product: {problem.message}", fix=problem.fix) from refused


def _is_json(text: str) -> bool:
    """Whether it is meant as JSON; sellers begin titles with brackets too, such as `[2 pack] Dog bed`."""
    if not text.startswith("["):
        return text.startswith("{")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _from_json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        fix = "Give one JSON object, or plain text."
        raise CatalogError(f"This is not JSON: {error}.", fix=fix) from error
    if not isinstance(found, dict):
        fix = 'Give one object, such as {"title": "Dog bed"}.'
        raise CatalogError(f"This is a JSON {type(found).__name__}, not an object.", fix=fix)
    values = {_column(str(name)): value for name, value in found.items()}
    return {name: values[name] for name in COLUMNS if name in values} | (
        {"category_path": values["category_paths"]} if "category_paths" in values else {}
    )


def _from_listing(text: str) -> dict[str, object]:
    """The first line is the title, lines with a bullet are bullets, `Name: value` is a field, the rest is
    the description."""
    values: dict[str, object] = {}
    bullets: list[str] = []
    rest: list[str] = []
    lines = list(_lines(text))
    for place, line in enumerate(lines):
        name, value = _field(line)
        if name and (name != "product_id" or len(lines) > 1):
            values[name] = value
        elif matched := _BULLET.match(line):
            bullets.append(matched[1])
        elif store := _STORE.match(line):
            values["brand"] = store[1]
        elif place == 0:
            values["title"] = line
        else:
            rest.append(line)
    if "title" not in values and rest:
        values["title"] = rest.pop(0)
    description = " ".join([str(values.pop("description", "")), *rest]).strip()
    return values | {"bullets": [*_listed(values.get("bullets")), *bullets], "description": description}


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and stripped.casefold().rstrip(":") not in _HEADINGS:
            yield stripped


def _field(line: str) -> tuple[str, str]:
    matched = _FIELD.match(line)
    name = _column(matched[1]) if matched else ""
    return (name, matched[2]) if matched and name in COLUMNS else ("", "")


def _column(name: str) -> str:
    word = name.strip().casefold().replace(" ", "_")
    return _ALIASES.get(word, word)


def _listed(value: object) -> list[str]:
    return [value] if isinstance(value, str) else []
