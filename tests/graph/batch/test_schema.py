import pyarrow as pa
import pytest
from batch_world import product, verdict
from pydantic import BaseModel

from agents.case import Candidate, DefinitionRef, Reasoning
from catalog.product import RowError
from graph.batch.schema import SCHEMA, Answer, decode_part, encode_part, split_error, verdict_of
from graph.verdict import Verdict


def names(fields: object) -> list[str]:
    return [field.name for field in fields]


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Verdict, [field for field in SCHEMA if field.name not in ("row", "product_hash")]),
        (Candidate, SCHEMA.field("candidates").type.value_type),
        (Reasoning, SCHEMA.field("reasoning").type),
        (DefinitionRef, SCHEMA.field("definitions").type.value_type),
    ],
)
def test_every_field_of_a_record_has_its_column(model: type[BaseModel], fields: object) -> None:
    assert names(fields) == [*model.model_fields]


def test_a_verdict_comes_back_as_it_was() -> None:
    answers = [Answer(number, verdict(product(number)), f"{number:032x}") for number in range(1, 30)]
    table = decode_part(encode_part(answers, keep_latency=True))
    assert table.schema.equals(SCHEMA)
    back = table.to_pylist(maps_as_pydicts="strict")
    assert {answer.verdict.status for answer in answers} == {"accepted", "deliberated"}
    assert [Answer(row["row"], verdict_of(row), row["product_hash"]) for row in back] == answers


def test_an_error_row_has_its_kind_and_message_and_no_category() -> None:
    error = RowError(7, "p\udc80", "encoding", "byte: \ud800 at 5")
    (row,) = decode_part(encode_part([error], keep_latency=False)).to_pylist()
    assert (row["row"], row["product_id"], row["status"]) == (7, "p\\udc80", "error")
    assert split_error(row["error"]) == ("encoding", "byte: \\ud800 at 5")
    assert [row[name] for name in ("category_id", "category_path", "confidence", "reasoning")] == [None] * 4


def test_a_part_is_compressed_with_zstd() -> None:
    part = encode_part([Answer(1, verdict(product(1)))], keep_latency=False)
    metadata = pa.parquet.ParquetFile(pa.BufferReader(part)).metadata
    assert {metadata.row_group(0).column(place).compression for place in range(metadata.num_columns)} == {
        "ZSTD"
    }
