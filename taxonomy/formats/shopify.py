"""Shopify's standard product taxonomy: `categories.txt` and `categories.json` of its releases.

https://github.com/Shopify/product-taxonomy, folder `dist/LOCALE`.
"""

import re
from pathlib import Path
from typing import Any

from catalog.product import PATH_SEPARATOR
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error
from taxonomy.formats.json_file import LineFinder, read_json
from taxonomy.formats.lines import numbered_lines

PREFIX = "gid://shopify/TaxonomyCategory/"
_LINE = re.compile(rf"{re.escape(PREFIX)}(\S+?)\s*:\s+(.+)")


def read_shopify_text(path: Path, locale: str) -> Drafts:
    """Lines `gid://shopify/TaxonomyCategory/ID : PATH`; the prefix is left out of the id."""
    drafts: list[Draft] = []
    findings: list[Finding] = []
    for number, line in numbered_lines(path):
        if line.startswith("#"):
            continue
        place = Place(str(path), number)
        found = _LINE.fullmatch(line.strip())
        parts = tuple(part.strip() for part in found[2].split(PATH_SEPARATOR)) if found else ()
        if found is None or not all(parts):
            findings.append(error("malformed", place, f"{line!r} is not `{PREFIX}ID : PATH`."))
            continue
        drafts.append(Draft(place, found[1], parts[-1], path=parts, locale=locale))
    return Drafts("shopify", drafts, findings)


def read_shopify_json(path: Path, locale: str) -> Drafts:
    """`{"verticals": [{"categories": [{"id", "name", "parent_id", …}]}]}`."""
    document, finder = read_json(path)
    drafts: list[Draft] = []
    findings: list[Finding] = []
    verticals = document.get("verticals") if isinstance(document, dict) else None
    for vertical in verticals if isinstance(verticals, list) else ():
        for category in vertical.get("categories", ()) if isinstance(vertical, dict) else ():
            draft = _draft(category, finder, locale)
            if draft is None:
                message = f"a category without `id` or `name`: {str(category)[:80]!r}."
                findings.append(error("malformed", finder.place(), message))
            else:
                drafts.append(draft)
    if not drafts and not findings:
        findings.append(error("malformed", Place(str(path)), "no category under `verticals`."))
    return Drafts("shopify", drafts, findings)


def _draft(category: Any, finder: LineFinder, locale: str) -> Draft | None:
    if not isinstance(category, dict) or not category.get("id") or not category.get("name"):
        return None
    full_id = str(category["id"])
    parent = category.get("parent_id")
    return Draft(
        place=finder.place("id", full_id),
        category_id=full_id.removeprefix(PREFIX),
        name=str(category["name"]).strip(),
        parents=(str(parent).removeprefix(PREFIX),) if parent else (),
        locale=locale,
    )
