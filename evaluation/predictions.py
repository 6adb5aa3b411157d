"""A system's answers on labelled products as a file, so that any two systems can be compared later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.errors import CatalogError
from catalog.formats.files import open_source
from catalog.formats.records import BadRecord, Record
from catalog.paths import clean_path, split_paths
from catalog.product import LABEL_SEPARATOR
from catalog.rows import RowRefused, read_id, read_word
from evaluation.compare import ComparedMetric, compare
from evaluation.paired import RESAMPLES, Difference

_COLUMNS = ("product_id", "category_path", "prediction")


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a system answered on one product.

    Attributes:
        truths: the product's right paths.
        prediction: the path that was answered.
    """

    truths: frozenset[str]
    prediction: str


def write_predictions(
    path: Path, product_ids: Sequence[str], truths: Iterable[Iterable[str]], predictions: Sequence[str]
) -> None:
    """Write Parquet with `product_id`, `category_path` (several joined with `|`) and `prediction`."""
    joined = [LABEL_SEPARATOR.join(sorted(paths)) for paths in truths]
    columns = (list(product_ids), joined, list(predictions))
    pq.write_table(pa.table(dict(zip(_COLUMNS, columns, strict=True))), path)


def read_predictions(path: Path) -> dict[str, Prediction]:
    """The predictions of any file with the columns of `write_predictions`, by product id.

    Raises:
        CatalogError: not such a file, a row of it is no use, or a product stands in it twice.
    """
    source = open_source(path)
    missing = [name for name in _COLUMNS if name not in source.columns()]
    if missing:
        raise CatalogError(
            f"`{path}` has no column `{missing[0]}`.", fix=f"Give it `{'`, `'.join(_COLUMNS)}`."
        )
    found: dict[str, Prediction] = {}
    for record in source.records({name: name for name in _COLUMNS}):
        try:
            product_id, prediction = _read(record)
        except RowRefused as refused:
            message = f"`{path}` {record.place}: {refused.problem.message}"
            raise CatalogError(message, fix=refused.problem.fix) from refused
        if found.setdefault(product_id, prediction) is not prediction:
            raise CatalogError(f"`{path}` {record.place}: {product_id!r} again.", fix="Answer it once.")
    return found


def _read(record: Record | BadRecord) -> tuple[str, Prediction]:
    if isinstance(record, BadRecord):
        raise RowRefused.of(record.problem)
    try:
        truths = frozenset(split_paths(read_word("category_path", record.values)))
        prediction = clean_path(read_word("prediction", record.values))
    except RowRefused:
        raise
    except ValueError as error:
        raise RowRefused("bad_value", str(error), "Correct the path.") from error
    return read_id(record.values), Prediction(truths, prediction)


def compare_files(
    first: Path, second: Path, *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[ComparedMetric, Difference]:
    """What the system of `second` gains over that of `first`; see `compare`.

    Raises:
        CatalogError: a file is no use, or the two are not about the same products and truths.
        SettingsError: fewer than 1 resample.
    """
    before, after = read_predictions(first), read_predictions(second)
    other = before.keys() ^ after.keys()
    if other:
        raise CatalogError(
            f"`{first}` and `{second}` differ in {len(other):,} products, such as {min(other)!r}.",
            fix="Compare two systems on the same rows.",
        )
    ids = sorted(before)
    contradicted = [one for one in ids if before[one].truths != after[one].truths]
    if contradicted:
        raise CatalogError(
            f"`{first}` and `{second}` disagree about the true path of {contradicted[0]!r}.",
            fix="Compare two systems on the same labels.",
        )
    return compare(
        [before[one].truths for one in ids],
        [before[one].prediction for one in ids],
        [after[one].prediction for one in ids],
        resamples=resamples,
        seed=seed,
    )
