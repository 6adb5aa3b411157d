"""A catalog's labels and a corrections file, carried over a crosswalk."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from catalog.product import LABEL_SEPARATOR, Product, Row
from catalog.reader import read_catalog
from review.corrections import Correction
from review.corrections_file import read_corrections, write_corrections
from taxonomy.carry import Carrier, OpenCase

# Corrections that wait for a person stay beside the carried ones, as they were.
LEFT = ".left.csv"

Counts = Mapping[str, int]


def carry_catalog(
    catalog: Path, columns: Mapping[str, str], carrier: Carrier, out: Path
) -> tuple[Counts, list[OpenCase]]:
    """Write the catalog as JSON lines with its new labels; a product without one is written all the same.

    Raises:
        CatalogError: it cannot be read at all.
    """
    cases: list[OpenCase] = []
    carried = errors = 0
    beside = out.with_name(out.name + ".writing")
    with beside.open("w", encoding="utf-8") as file:
        for item in read_catalog(catalog, columns=columns):
            if not isinstance(item, Row):
                errors += 1
                continue
            product = item.product
            found = carrier.labels(product.product_id, product.title, product.category_paths)
            carried += len(found.paths)
            cases += found.open
            file.write(_line(product, found.paths))
    os.replace(beside, out)
    return {"labels": carried, "open": len(cases), "errors": errors}, cases


def _line(product: Product, paths: tuple[str, ...]) -> str:
    values = product.model_dump(exclude={"category_paths"}, exclude_defaults=True)
    return json.dumps({**values, "category_path": LABEL_SEPARATOR.join(paths)}, ensure_ascii=False) + "\n"


def carry_corrections(file: Path, carrier: Carrier, out: Path) -> tuple[Counts, list[OpenCase]]:
    """Write the corrections whose both labels have a new place, and the others beside them.

    Raises:
        CatalogError: it cannot be read.
    """
    carried: list[Correction] = []
    left: list[Correction] = []
    cases: list[OpenCase] = []
    for correction in read_corrections(file):
        changed, found = _carried(correction, carrier)
        cases += found
        if changed is None:
            left.append(correction)
        else:
            carried.append(changed)
    write_corrections(out, carried)
    if left:
        write_corrections(out.with_suffix(LEFT), left)
    return {"corrections": len(carried), "left": len(left)}, cases


def _carried(correction: Correction, carrier: Carrier) -> tuple[Correction | None, list[OpenCase]]:
    changes: dict[str, str] = {}
    cases: list[OpenCase] = []
    for name in ("old_category_path", "new_category_path"):
        path = getattr(correction, name)
        if path:
            found = carrier.labels(correction.product_id, correction.title, [path], "correction")
            cases += found.open
            changes[name] = found.paths[0] if found.paths else ""
    whole = all(changes.values())
    return (correction.model_copy(update=changes) if whole else None), cases
