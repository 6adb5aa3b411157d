"""A labelled catalog divided into parts, as a file that `train` and `evaluate` read."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from catalog.errors import CatalogError, SettingsError
from catalog.product import Product, Row
from catalog.progress import Progress
from catalog.reader import count_rows, read_catalog
from catalog.split import KEPT, k_folds, leave_categories_out, stratified_split

NEW = "new"
_EXTENSIONS = (".csv", ".parquet")


@dataclass(frozen=True)
class SplitJob:
    """How a catalog is to be divided.

    Attributes:
        folds: deal into so many folds instead of `train`, `validation` and `test`.
        validation, test: shares of the products held out for each, 0 for none.
        new_categories: share of the categories left out whole, as part `new`; 0 for none.
    """

    catalog: Path
    out: Path
    columns: Mapping[str, str]
    folds: int | None
    validation: float
    test: float
    new_categories: float
    seed: int


@dataclass(frozen=True)
class Part:
    """Size of one part of the division."""

    products: int
    categories: int


@dataclass(frozen=True)
class Division:
    """Attributes:
    parts: by name, in the order of the names.
    errors: rows that could not be used; they are in no part.
    """

    parts: Mapping[str, Part]
    errors: int


def split_catalog(job: SplitJob, progress: Progress) -> Division:
    """Divide, and write `product_id` and `split` of every usable row into `job.out`.

    Raises:
        SettingsError: shares or folds that make no sense, or an extension that is not written.
        CatalogError: the catalog cannot be read or has no usable row, or the file cannot be written.
    """
    _require_sound(job)
    products, errors = _read(job, progress)
    with progress.task("dividing", None):
        parts = divided(products, job)
        _write(job.out, [product.product_id for product in products], parts)
    return Division({name: _size(products, parts, name) for name in sorted(set(parts))}, errors)


def divided(products: Sequence[Product], job: SplitJob) -> list[str]:
    """The part of each product."""
    parts = [NEW] * len(products)
    rest = list(range(len(products)))
    if job.new_categories:
        rest, _ = leave_categories_out(products, job.new_categories, job.seed)
    known = [products[i] for i in rest]
    dealt = _folds(known, job.folds, job.seed) if job.folds else _train_and_held_out(known, job)
    for i, part in zip(rest, dealt, strict=True):
        parts[i] = part
    return parts


def _folds(products: Sequence[Product], folds: int, seed: int) -> list[str]:
    return ["kept" if fold == KEPT else f"fold{fold}" for fold in k_folds(products, folds, seed)]


def _train_and_held_out(products: Sequence[Product], job: SplitJob) -> list[str]:
    parts = ["train"] * len(products)
    rest = list(range(len(products)))
    for name, share in (("test", job.test), ("validation", job.validation / (1 - job.test))):
        if share:
            kept, held = stratified_split([products[i] for i in rest], fraction=share, seed=job.seed)
            for i in held:
                parts[rest[i]] = name
            rest = [rest[i] for i in kept]
    return parts


def _require_sound(job: SplitJob) -> None:
    if job.validation + job.test >= 1:
        raise SettingsError(
            f"`--validation` {job.validation!r} and `--test` {job.test!r} leave nothing to train on.",
            fix="Hold out less than all.",
        )
    if job.out.suffix not in _EXTENSIONS:
        raise SettingsError(
            f"`--out` is `{job.out}`, which is not written.", fix=f"Name it {' or '.join(_EXTENSIONS)}."
        )


def _read(job: SplitJob, progress: Progress) -> tuple[list[Product], int]:
    products, errors = [], 0
    with progress.task("reading", count_rows(job.catalog)) as advance:
        for item in read_catalog(job.catalog, columns=job.columns, labelled=True):
            if isinstance(item, Row):
                products.append(item.product)
            else:
                errors += 1
            advance(1)
    if not products:
        raise CatalogError(f"`{job.catalog}` has no usable row.", fix="Give it labelled rows.")
    return products, errors


def _write(path: Path, product_ids: Sequence[str], parts: Sequence[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            _write_parquet(path, product_ids, parts)
        else:
            text = StringIO()
            csv.writer(text).writerows([("product_id", "split"), *zip(product_ids, parts, strict=True)])
            path.write_text(text.getvalue(), "utf-8")
    except OSError as error:
        raise CatalogError(f"`{path}` cannot be written: {error}.", fix="Name another file.") from error


def _write_parquet(path: Path, product_ids: Sequence[str], parts: Sequence[str]) -> None:
    # pyarrow takes a fifth of a second to import, which CSV need not pay.
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"product_id": list(product_ids), "split": list(parts)}), path)


def _size(products: Sequence[Product], parts: Sequence[str], name: str) -> Part:
    own = [product for product, part in zip(products, parts, strict=True) if part == name]
    return Part(len(own), len({path for product in own for path in product.category_paths}))
