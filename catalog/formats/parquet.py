"""Parquet files, read in small batches."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.errors import CatalogError
from catalog.formats.records import Record

BATCH_ROWS = 1_024
_READ_BYTES = 1 << 20


_TEXT_TYPES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)
_OTHER_TYPES = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
_WRAPPING_TYPES = (pa.types.is_dictionary, pa.types.is_list, pa.types.is_large_list)


def _is_readable(kind: pa.DataType) -> bool:
    if any(check(kind) for check in _WRAPPING_TYPES):
        return _is_readable(kind.value_type)
    return any(check(kind) for check in (*_TEXT_TYPES, *_OTHER_TYPES))


def _raw(value: pa.Scalar) -> Any:
    """Like `as_py`, but text stays bytes, which need not be UTF-8."""
    if isinstance(value, pa.DictionaryScalar):
        return _raw(value.value)
    if not value.is_valid:
        return None
    if isinstance(value, pa.ListScalar):
        return [_raw(item) for item in value.values]
    return value.as_buffer().to_pybytes() if isinstance(value, pa.BinaryScalar) else value.as_py()


def _values(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [_raw(value) for value in column]


def _rows(batch: pa.RecordBatch, names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(_values(batch.column(name)) for name in names), strict=True)


@dataclass(frozen=True)
class ParquetTable:
    """One Parquet file; text may be stored as string, bytes or dictionary, lists as lists."""

    path: Path

    def columns(self) -> tuple[str, ...]:
        with self._open() as file:
            return tuple(file.schema_arrow.names)

    def records(self, wanted: Mapping[str, str]) -> Iterator[Record]:
        with self._open() as file:
            present = {our: their for our, their in wanted.items() if their in file.schema_arrow.names}
            self._refuse_types(file.schema_arrow, present.values())
            batches = file.iter_batches(BATCH_ROWS, columns=list(present.values()), use_threads=False)
            rows = (row for batch in batches for row in _rows(batch, present.values()))
            for number, values in enumerate(rows, start=1):
                yield Record(f"row {number}", dict(zip(present, values, strict=True)))

    def _refuse_types(self, schema: pa.Schema, names: Iterable[str]) -> None:
        for name in names:
            kind = schema.field(name).type
            if not _is_readable(kind):
                raise CatalogError(
                    f"Column {name!r} of `{self.path}` has type `{kind}`.", fix="Store it as text or numbers."
                )

    def count(self) -> int | None:
        with self._open() as file:
            return int(file.metadata.num_rows)

    @contextmanager
    def _open(self) -> Iterator[pq.ParquetFile]:
        try:
            # Without pre-buffering, a large row group is not held in memory as a whole.
            with (
                pa.OSFile(str(self.path)) as raw,
                pq.ParquetFile(raw, pre_buffer=False, buffer_size=_READ_BYTES) as file,
            ):
                yield file
        except (pa.ArrowException, OSError) as error:
            raise CatalogError(
                f"`{self.path}` is not a readable Parquet file: {error}", fix="Write the file again."
            ) from error
