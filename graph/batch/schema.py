"""The columns of a part: the row's number, every field of a verdict and the hash of the product's text.

An error row has the status `error`, `error` as `kind: message` and null where a verdict would stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.product import RowError, RowErrorKind
from graph.verdict import Verdict

ERROR_STATUS = "error"
_KIND_END = ": "

_CANDIDATE = pa.struct(
    [
        pa.field("category_id", pa.string(), nullable=False),
        pa.field("category_path", pa.string(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
    ]
)
_REASONING = pa.struct(
    [
        pa.field("clues", pa.list_(pa.string()), nullable=False),
        pa.field("user", pa.string(), nullable=False),
        pa.field("use_case", pa.string(), nullable=False),
        pa.field("ranking", pa.list_(pa.string()), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
_DEFINITION = pa.struct(
    [
        pa.field("category_id", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
    ]
)
_LEVEL = pa.struct(
    [
        pa.field("category_path", pa.string(), nullable=False),
        pa.field("confidence", pa.float64(), nullable=False),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("category_id", pa.string()),
        pa.field("category_path", pa.string()),
        pa.field("status", pa.string(), nullable=False),
        pa.field("confidence", pa.float64()),
        pa.field("candidates", pa.list_(_CANDIDATE), nullable=False),
        pa.field("reasoning", _REASONING),
        pa.field("definitions", pa.list_(_DEFINITION), nullable=False),
        pa.field("prompt", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("tokens_in", pa.int64(), nullable=False),
        pa.field("tokens_out", pa.int64(), nullable=False),
        pa.field("latency_ms", pa.map_(pa.string(), pa.float64()), nullable=False),
        pa.field("flags", pa.list_(pa.string()), nullable=False),
        pa.field("extra_calls", pa.int64(), nullable=False),
        pa.field("levels", pa.list_(_LEVEL), nullable=False),
        pa.field("certified_path", pa.string()),
        pa.field("error", pa.string()),
        pa.field("product_hash", pa.string(), nullable=False),
    ]
)
VERDICT_COLUMNS = [field.name for field in SCHEMA if field.name != "product_hash"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A row that got a verdict.

    Attributes:
        product_hash: see `graph.batch.hashing`; by it a later batch finds that nothing changed.
    """

    number: int
    verdict: Verdict
    product_hash: str = ""


Outcome = Answer | RowError


def encode_part(outcomes: Sequence[Outcome], *, keep_latency: bool) -> bytes:
    """A Parquet file; the same outcomes give the same bytes, unless latencies are kept."""
    records = [_record(outcome, keep_latency=keep_latency) for outcome in outcomes]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(records, schema=SCHEMA), sink, compression="zstd")
    return cast(bytes, sink.getvalue().to_pybytes())


def decode_part(data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The table that `encode_part` was given."""
    return pq.read_table(pa.BufferReader(data), columns=columns)


def verdict_of(record: Mapping[str, Any]) -> Verdict:
    """The verdict of a good row, from its fields as `to_pylist(maps_as_pydicts="strict")` gives them."""
    return Verdict.model_validate({name: record[name] for name in Verdict.model_fields})


def split_error(error: str) -> tuple[str, str]:
    """Kind and message of an error row's `error`."""
    kind, _, message = error.partition(_KIND_END)
    return kind, message


def _record(outcome: Outcome, *, keep_latency: bool) -> dict[str, Any]:
    if isinstance(outcome, RowError):
        return _error_record(outcome.number, outcome.product_id, outcome.kind, outcome.message)
    record = outcome.verdict.model_dump()
    record["latency_ms"] = record["latency_ms"] if keep_latency else {}
    return {"row": outcome.number, **record, "product_hash": outcome.product_hash}


def _error_record(number: int, product_id: str, kind: RowErrorKind, message: str) -> dict[str, Any]:
    return {
        "row": number,
        "product_id": _encodable(product_id),
        "status": ERROR_STATUS,
        "candidates": [],
        "definitions": [],
        "prompt": "",
        "model": "",
        "tokens_in": 0,
        "tokens_out": 0,
        "latency_ms": {},
        "flags": [],
        "extra_calls": 0,
        "levels": [],
        "error": _encodable(f"{kind}{_KIND_END}{message}"),
        "product_hash": "",
    }


def _encodable(text: str) -> str:
    """Without the lone surrogates that what cannot be read may hold and no file can take."""
    return text.encode("utf-8", "backslashreplace").decode()
