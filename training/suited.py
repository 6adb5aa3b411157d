"""Which recipe suits so many labels."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from catalog.errors import SettingsError
from catalog.product import Row
from catalog.reader import read_catalog
from catalog.split import read_split

BEST: Final = "best"
FEW: Final = "few-labels"
NONE: Final = "zero-shot"
# Labelled products of a category, on average over those that have any, from which an encoder is fine-tuned.
ENOUGH: Final = 20
_LEARNT: Final = ("train", "validation")


def suited_recipe(
    catalog: Path | None, taxonomy: Path | None, *, columns: Mapping[str, str], split: Path | None
) -> str:
    """Name of the recipe to take where the user names none.

    Without a taxonomy the labels are all there is, and it is `best`.

    Raises:
        SettingsError: there is neither a catalog nor a taxonomy.
        CatalogError: the catalog cannot be read.
    """
    if catalog is None and taxonomy is None:
        raise SettingsError(
            "There is neither a catalog nor a taxonomy.", fix="Give `CATALOG` or `--taxonomy`."
        )
    if taxonomy is None:
        return BEST
    labels = _labels(catalog, columns, split) if catalog else Counter()
    if len(labels) < 2:
        return NONE
    return BEST if labels.total() >= ENOUGH * len(labels) else FEW


def _labels(catalog: Path, columns: Mapping[str, str], split: Path | None) -> Counter[str]:
    """Products of each category, in the parts that training learns from."""
    part = read_split(split) if split else None
    found: Counter[str] = Counter()
    for item in read_catalog(catalog, columns=columns, labelled=True):
        if isinstance(item, Row) and (part is None or part.get(item.product.product_id) in _LEARNT):
            found.update(item.product.category_paths)
    return found
