"""A taxonomy derived from the labels of a catalog."""

from collections.abc import Mapping
from pathlib import Path

from catalog.product import PATH_SEPARATOR, Row
from catalog.reader import read_catalog
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error, warning


def read_labelled(path: Path, locale: str, columns: Mapping[str, str]) -> Drafts:
    """Every path that a product has, as a leaf, and the categories above; bad rows are warnings.

    Args:
        columns: our column name to the catalog's.

    Raises:
        CatalogError: it cannot be read at all.
    """
    found: dict[str, Draft] = {}
    findings: list[Finding] = []
    for item in read_catalog(path, columns=columns, labelled=True):
        place = Place(str(path), item.number, "row")
        if not isinstance(item, Row):
            findings.append(warning("malformed", place, item.message))
            continue
        for label in item.product.category_paths:
            parts = tuple(label.split(PATH_SEPARATOR))
            found.setdefault(label, Draft(place, "", parts[-1], path=parts, locale=locale, leaf=True))
    if not found:
        findings.append(error("malformed", Place(str(path)), "no labelled row."))
    return Drafts("catalog", [found[label] for label in sorted(found)], findings, implied_parents=True)
