from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agents.case import Candidate
from app import migrating_verdicts
from catalog.product import RowError
from graph.batch.schema import Answer, decode_part, encode_part
from graph.verdict import Verdict
from taxonomy.carry import Carrier
from taxonomy.crosswalk import Crosswalk, Link


def verdict(product_id: str, *paths: str) -> Verdict:
    candidates = tuple(
        Candidate(category_id=f"old {p}", category_path=p, score=0.5, source="head") for p in paths
    )
    return Verdict(
        product_id=product_id,
        category_id=f"old {paths[0]}",
        category_path=paths[0],
        status="accepted",
        confidence=0.9,
        candidates=candidates,
    )


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pa.Table:
    rows = [
        Answer(1, verdict("a", "A", "B", "GONE")),
        RowError(2, "b", "empty_title", "`title` is empty."),
        Answer(3, verdict("c", "GONE", "A")),
    ]
    table = decode_part(encode_part(rows, keep_latency=False))
    monkeypatch.setattr(migrating_verdicts, "read_table", lambda _: table)
    links = [
        Link(old_path=old, new_id="n", new_path="N", relation="merged", confidence=1, status="accepted")
        for old in "AB"
    ]
    carrier = Carrier(Crosswalk(links))
    counts, cases = migrating_verdicts.carry_verdicts(tmp_path, carrier, tmp_path / "v.parquet")
    assert counts == {"verdicts": 1, "open": 1, "error_rows": 1}
    assert [(one.product_id, one.old_category_path, one.origin) for one in cases] == [
        ("c", "GONE", "verdict")
    ]
    return pq.read_table(tmp_path / "v.parquet")


def test_rows_and_columns_stay(carried: pa.Table) -> None:
    assert carried["product_id"].to_pylist() == ["a", "b", "c"]
    assert carried["status"].to_pylist() == ["accepted", "error", "review"]


def test_the_answer_and_its_candidates_are_the_new_ones(carried: pa.Table) -> None:
    row = carried.to_pylist(maps_as_pydicts="strict")[0]
    assert (row["category_id"], row["category_path"]) == ("n", "N")
    assert [(c["category_id"], c["category_path"]) for c in row["candidates"]] == [("n", "N")]


def test_an_answer_without_a_place_has_none(carried: pa.Table) -> None:
    row = carried.to_pylist(maps_as_pydicts="strict")[2]
    assert (row["category_id"], row["category_path"]) == (None, None)
    assert [c["category_path"] for c in row["candidates"]] == ["N"]
