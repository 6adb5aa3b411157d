"""A labelled catalog as the training run sees it: rows, taxonomy, parts; bad rows set aside, never lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import CatalogError
from catalog.product import Product, Row, RowError
from catalog.progress import Progress
from catalog.reader import read_catalog
from catalog.split import read_split, stratified_split
from retrieval.taxonomy import Taxonomy
from retrieval.taxonomy_file import open_taxonomy
from review.corrections import apply_corrections
from review.corrections_file import read_corrections

MIN_ROWS = 20


@dataclass(frozen=True)
class Dataset:
    """Attributes:
    train, validation: products; those of other parts of a split file are in neither. The same products
        where nothing is held out.
    errors: rows that could not be used.
    """

    taxonomy: Taxonomy
    train: list[Product]
    validation: list[Product]
    errors: list[RowError]


def load_dataset(
    catalog: Path | None,
    *,
    columns: Mapping[str, str],
    split: Path | None,
    taxonomy: Path | None,
    corrections: Path | None = None,
    validation_share: float,
    hold_out: bool = True,
    seed: int,
    progress: Progress,
) -> Dataset:
    """Read, correct, derive or load the taxonomy, and divide.

    Args:
        catalog: None where there are no labelled products; then there must be a taxonomy.
        corrections: file of labels that a person has put right, in every part.
        hold_out: False learns from the rows of both parts and validates on them, cross-fitted.

    Raises:
        CatalogError: too little is left to train on; names the file and what is missing.
    """
    if catalog is None:
        return Dataset(_without_catalog(taxonomy), [], [], [])
    products, errors = _read(catalog, columns, progress)
    if corrections is not None:
        products = _corrected(products, corrections, progress)
    tree = open_taxonomy(taxonomy) if taxonomy else Taxonomy.from_paths(_paths(products))
    products, unknown = _known_only(products, tree)
    if not hold_out:
        kept = _all_labelled([row.product for row in products], split)
        return Dataset(tree, kept, kept, errors + unknown)
    train, validation = _divide([row.product for row in products], split, validation_share, seed)
    _refuse_too_little(catalog, train, validation, split)
    return Dataset(tree, train, validation, errors + unknown)


def _without_catalog(taxonomy: Path | None) -> Taxonomy:
    if taxonomy is None:
        raise CatalogError("There is neither a catalog nor a taxonomy.", fix="Give one, or both.")
    return open_taxonomy(taxonomy)


def _all_labelled(products: list[Product], split: Path | None) -> list[Product]:
    if split is None:
        return products
    part = read_split(split)
    return [p for p in products if part.get(p.product_id) in ("train", "validation")]


def _read(catalog: Path, columns: Mapping[str, str], progress: Progress) -> tuple[list[Row], list[RowError]]:
    rows: list[Row] = []
    errors: list[RowError] = []
    with progress.task("reading", None) as advance:
        for item in read_catalog(catalog, columns=columns, labelled=True):
            if isinstance(item, Row):
                rows.append(item)
            else:
                errors.append(item)
            advance(1)
    return rows, errors


def _corrected(rows: Sequence[Row], file: Path, progress: Progress) -> list[Row]:
    products, report = apply_corrections([row.product for row in rows], read_corrections(file))
    counts = ", ".join(f"{n:,} {outcome.replace('_', ' ')}" for outcome, n in report.counts.items())
    progress.say(f"corrections: {counts or 'none'}")
    for line in report.lines():
        progress.say(line)
    return [Row(row.number, product) for row, product in zip(rows, products, strict=True)]


def _paths(rows: Sequence[Row]) -> set[str]:
    return {path for row in rows for path in row.product.category_paths}


def _known_only(rows: Sequence[Row], taxonomy: Taxonomy) -> tuple[list[Row], list[RowError]]:
    known: list[Row] = []
    unknown: list[RowError] = []
    for row in rows:
        strange = [p for p in row.product.category_paths if taxonomy.position(p) is None]
        if strange:
            message = f"Row {row.number}: category {strange[0]!r} is not in the taxonomy. Fix: correct it."
            unknown.append(RowError(row.number, row.product.product_id, "unknown_category", message))
        else:
            known.append(row)
    return known, unknown


def _divide(
    products: list[Product], split: Path | None, share: float, seed: int
) -> tuple[list[Product], list[Product]]:
    if split is None:
        kept, held_out = stratified_split(products, fraction=share, seed=seed)
        return [products[i] for i in kept], [products[i] for i in held_out]
    part = read_split(split)
    return (
        [p for p in products if part.get(p.product_id) == "train"],
        [p for p in products if part.get(p.product_id) == "validation"],
    )


def _refuse_too_little(
    catalog: Path, train: Sequence[Product], validation: Sequence[Product], split: Path | None
) -> None:
    where = f"`{catalog}`" + (f" with split `{split}`" if split else "")
    if len(train) < MIN_ROWS or len(validation) < MIN_ROWS:
        raise CatalogError(
            f"{where} leaves {len(train)} rows to train on and {len(validation)} to validate on; "
            f"each needs {MIN_ROWS}.",
            fix="Give more labelled rows, or check that ids in the split file match.",
        )
    if len({p.category_paths[0] for p in train}) < 2:
        raise CatalogError(f"{where} has training rows of one category only.", fix="Give at least two.")
