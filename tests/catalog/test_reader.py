import csv
import gzip
import io
import json
import logging
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import CatalogError, SettingsError
from catalog.product import Product, Row, RowError
from catalog.reader import count_rows, read_catalog

STEADY = settings(deadline=None, derandomize=True)

Rows = list[dict[str, object]]

PRODUCTS: Rows = [
    {"product_id": "a", "title": "Pan", "bullets": "oven safe|black", "category_path": "Home > Pans"},
    {"product_id": "b", "title": 'Pipe 5" "L"', "bullets": "", "category_path": "DIY > Pipes|Garden"},
    {"product_id": "c", "title": "Čaj, zelený\n50 g", "bullets": "", "category_path": "Food"},
]
EXPECTED = [
    Product(product_id="a", title="Pan", bullets=("oven safe", "black"), category_paths=("Home > Pans",)),
    Product(product_id="b", title='Pipe 5" "L"', category_paths=("DIY > Pipes", "Garden")),
    Product(product_id="c", title="Čaj, zelený\n50 g", category_paths=("Food",)),
]


def delimited(rows: Rows, delimiter: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def json_lines(rows: Rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


TEXTS: Mapping[str, Callable[[Rows], str]] = {
    ".csv": lambda rows: delimited(rows, ","),
    ".tsv": lambda rows: delimited(rows, "\t"),
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".json": json_lines,
}


def write(folder: Path, name: str, rows: Rows = PRODUCTS) -> Path:
    path = folder / name
    plain = name.removesuffix(".gz")
    if plain.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    data = TEXTS[plain[plain.index(".") :].lower()](rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def csv_file(folder: Path, *lines: str | bytes, name: str = "shop.csv") -> Path:
    path = folder / name
    path.write_bytes(b"".join(line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines))
    return path


def products(rows: Iterable[Row | RowError]) -> list[Product]:
    rows = list(rows)
    assert not [row for row in rows if isinstance(row, RowError)]
    return [row.product for row in rows if isinstance(row, Row)]


def errors(rows: Iterable[Row | RowError]) -> list[RowError]:
    return [row for row in rows if isinstance(row, RowError)]


NAMES = [*(f"shop{e}{gz}" for e in TEXTS for gz in ("", ".gz")), "shop.parquet", "SHOP.CSV"]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_products(tmp_path: Path, name: str) -> None:
    rows = list(read_catalog(write(tmp_path, name), labelled=True))
    assert products(rows) == EXPECTED
    assert [row.number for row in rows] == [1, 2, 3]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@STEADY
@given(texts=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5), name=st.sampled_from(NAMES))
def test_any_text_comes_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]], name: str
) -> None:
    rows: Rows = [{"product_id": f"{i}", "title": f"x{t}", "brand": b} for i, (t, b) in enumerate(texts)]
    found = products(read_catalog(write(tmp_path_factory.getbasetemp(), name, rows)))
    assert [(p.title, p.brand) for p in found] == [(f"x{t}".strip(), b.strip()) for t, b in texts]


PIECES = st.sampled_from(
    [
        *b'a|1|,|"|\n|\r|\t|{|}|[|:|\\|\\ud800|\0|\xe9|\xff\xfe|"title":|1,Pan\n'.split(b"|"),
        b'{"product_id": "1", "title": "Pan"}\n',
    ]
)


@STEADY
@given(pieces=st.lists(PIECES, max_size=30), extension=st.sampled_from([".csv", ".jsonl"]))
def test_no_bytes_end_the_stream_or_reach_a_product(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], extension: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{extension}"
    first = b"product_id,title\n" if extension == ".csv" else b'{"product_id": "0", "title": "Pot"}\n'
    path.write_bytes(first + b"".join(pieces) + b"\n" + (b"z,Pan\n" if extension == ".csv" else b""))
    rows = list(read_catalog(path))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        text = row.product.model_dump_json() if isinstance(row, Row) else row.message + row.product_id
        text.encode()
        assert "\\u0000" not in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("extension", [".csv", ".jsonl"])
def test_byte_order_marks(tmp_path: Path, encoding: str, extension: str) -> None:
    text = TEXTS[extension](PRODUCTS)
    bom = "\ufeff" if encoding.endswith("e") else ""
    path = tmp_path / f"shop{extension}"
    path.write_bytes((bom + text).encode(encoding))
    assert products(read_catalog(path)) == EXPECTED


def test_parquet_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "product_id": pa.array([1, 2]),
            "title": pa.array(["Pan", "Pot"]).dictionary_encode(),
            "brand": pa.array([b"Smith", None], pa.binary()),
            "bullets": pa.array([["oven safe", "black"], None], pa.list_(pa.large_string())),
            "category_path": pa.array([["Home > Pans", "Gifts"], []]),
            "popularity": pa.array([3.0, float("nan")]),
            "added": pa.array([0, 0], pa.timestamp("s")),
        }
    )
    pq.write_table(table, tmp_path / "shop.parquet")
    assert products(read_catalog(tmp_path / "shop.parquet")) == [
        Product(
            product_id="1",
            title="Pan",
            brand="Smith",
            bullets=("oven safe", "black"),
            category_paths=("Home > Pans", "Gifts"),
            popularity=3.0,
        ),
        Product(product_id="2", title="Pot"),
    ]


def test_folder_in_the_order_of_names_with_numbers_and_ids_running_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = ([row] for row in PRODUCTS)
    write(tmp_path, "2.jsonl.gz", second)
    write(tmp_path, "1.csv", first)
    write(tmp_path, "3.parquet", [*third, first[0]])
    for passed_over in ("_SUCCESS", ".1.csv.crc", "notes.xlsx"):
        (tmp_path / passed_over).write_text("x")
    with caplog.at_level(logging.WARNING):
        *good, twice = read_catalog(tmp_path)
    assert products(good) == EXPECTED
    assert isinstance(twice, RowError)
    assert (twice.number, twice.kind, twice.product_id) == (4, "duplicate_id", "a")
    assert "`3.parquet`, row 2" in twice.message
    assert "notes.xlsx" in caplog.text
    assert "SUCCESS" not in caplog.text


@pytest.mark.parametrize("name", ["shop.csv", "shop.jsonl", "shop.parquet"])
def test_column_mapping(tmp_path: Path, name: str) -> None:
    rows: Rows = [{"sku": "a", "name": "Pan", "title": "not this", "price": 3}]
    columns = {"product_id": "sku", "title": "name"}
    assert products(read_catalog(write(tmp_path, name, rows), columns=columns)) == [
        Product(product_id="a", title="Pan")
    ]


@pytest.mark.parametrize("name", ["shop.csv", "shop.jsonl", "shop.parquet"])
def test_missing_columns_are_refused_before_the_first_row(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, [{"product_id": "a", "titel": "Pan"}])
    with pytest.raises(CatalogError, match="no column 'title'; it has 'product_id', 'titel'") as caught:
        read_catalog(path)
    assert "--column title=titel" in caught.value.fix
    with pytest.raises(CatalogError, match="no column 'category_path'"):
        read_catalog(path, columns={"title": "titel"}, labelled=True)
    with pytest.raises(CatalogError, match="no column 'maker'"):
        read_catalog(path, columns={"title": "titel", "brand": "maker"})
    with pytest.raises(SettingsError):
        read_catalog(path, columns={"titel": "titel"})


def test_keys_of_json_may_come_late(tmp_path: Path) -> None:
    rows: Rows = [{"product_id": str(i), "title": "Pan"} for i in range(1_100)]
    rows[0]["title"] = None
    rows[-1]["brand"] = "Smith"
    *_, last = read_catalog(write(tmp_path, "shop.jsonl", rows))
    assert isinstance(last, Row)
    assert last.product.brand == "Smith"


def test_row_errors_of_every_kind_leave_the_other_rows_alone(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "product_id,title,category_path,popularity",
        "a,Pan,Home,1",
        "b,Pan,Home",
        b"c,caf\xe9,Home,1\n",
        ",Pan,Home,1",
        "a,Pan,Home,1",
        "f,\u200b,Home,1",
        f"g,{'x' * 1_000_000},Home,1",
        "h,Pan,Home,lots",
        "i,Pan,,1",
        "",
        "j,Pot,Home,1",
    )
    rows = list(read_catalog(path, labelled=True))
    assert [row.number for row in rows] == list(range(1, 11))
    assert [(e.number, e.product_id, e.kind) for e in errors(rows)] == [
        (2, "", "malformed"),
        (3, "c", "encoding"),
        (4, "", "missing_id"),
        (5, "a", "duplicate_id"),
        (6, "f", "empty_title"),
        (7, "g", "too_long"),
        (8, "h", "bad_value"),
        (9, "i", "bad_value"),
    ]
    for error in errors(rows):
        assert error.message.startswith(f"Row {error.number} (`shop.csv`, line {error.number + 1}): ")
        assert " Fix: " in error.message
        assert len(error.message) < 300


def test_json_row_errors(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        '{"product_id": "a", "title": "Pan"}',
        '{"product_id": "b", ',
        "[1, 2]",
        "[" * 100_000,
        '{"product_id": "c", "title": "\\ud83d"}',
        b'{"product_id": "d", "title": "caf\xe9"}\n',
        '{"product_id": "e", "title": "a\\u0000b"}',
        '{"product_id": "f", "title": {"en": "Pan"}}',
        '{"product_id": "g", "title": "' + "x" * 5_000_000 + '"}',
        '{"product_id": "h\\udc00", "title": "Pan"}',
        '{"product_id": "i", "title": "\\ud83c\\udf75 tea"}',
        name="shop.jsonl",
    )
    rows = list(read_catalog(path))
    assert [row.product.product_id for row in rows if isinstance(row, Row)] == ["a", "i"]
    assert [e.kind for e in errors(rows)] == [
        *(["malformed"] * 3),
        *(["encoding"] * 3),
        "bad_value",
        "too_long",
        "encoding",
    ]
    for error in errors(rows):
        error.message.encode()
        error.product_id.encode()


def test_parquet_row_errors(tmp_path: Path) -> None:
    broken = pa.array([b"Pan", b"caf\xe9", b"Pot"], pa.binary()).view(pa.string())
    bullets = pa.array([b"ok", b"ok", b"\xff"], pa.binary()).view(pa.string())
    table = pa.table(
        {
            "product_id": ["a", "b", "c"],
            "title": broken,
            "bullets": pa.ListArray.from_arrays([0, 1, 2, 3], bullets),
        }
    )
    pq.write_table(table, tmp_path / "shop.parquet")
    good, *bad = read_catalog(tmp_path / "shop.parquet")
    assert isinstance(good, Row)
    assert good.product.bullets == ("ok",)
    assert [(e.number, e.product_id, e.kind) for e in errors(bad)] == [
        (2, "b", "encoding"),
        (3, "c", "encoding"),
    ]
    assert "0xE9" in errors(bad)[0].message


@pytest.mark.parametrize(
    ("name", "data", "part"),
    [
        ("shop.csv", b"", "is empty"),
        ("shop.csv", b"\n\n", "is empty"),
        ("shop.csv", b"product_id,title\n", "has no rows"),
        ("shop.csv", b'product_id,"title', "header .* is broken"),
        ("shop.jsonl", b"", "is empty"),
        ("shop.jsonl", b"\n\n", "has no rows"),
        ("shop.json", b'[{"product_id": "a", "title": "Pan"}]', "not JSON lines"),
        ("shop.json", b'{\n"product_id": "a"\n}', "not JSON lines"),
        ("shop.parquet", b"", "not a readable Parquet"),
        ("shop.parquet", b"product_id,title\na,Pan\n", "not a readable Parquet"),
        ("shop.csv.gz", b"product_id,title\na,Pan\n", "cannot be read"),
        ("shop.csv.gz", b"", "is empty"),
        ("shop.xlsx", b"x", "extension"),
        ("shop.parquet.gz", b"x", "extension"),
        ("shop", b"x", "extension"),
    ],
)
def test_files_that_are_no_catalog(tmp_path: Path, name: str, data: bytes, part: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CatalogError, match=part) as caught:
        list(read_catalog(path))
    assert str(path) in caught.value.message
    assert caught.value.fix


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="does not exist"):
        read_catalog(tmp_path / "none.csv")
    with pytest.raises(CatalogError, match="holds no catalog file"):
        read_catalog(tmp_path)


def test_parquet_without_rows_or_with_a_type_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "shop.parquet"
    table = pa.table({"product_id": ["a"], "title": pa.array([0], pa.timestamp("s"))})
    pq.write_table(table, path)
    with pytest.raises(CatalogError, match=r"'title' .* has type `timestamp"):
        list(read_catalog(path))
    pq.write_table(pa.table({"product_id": ["a"], "title": ["Pan"]}).slice(0, 0), path)
    with pytest.raises(CatalogError, match="has no rows"):
        list(read_catalog(path))


@pytest.mark.parametrize("name", ["shop.csv.gz", "shop.parquet"])
def test_file_that_breaks_off(tmp_path: Path, name: str) -> None:
    rows: Rows = [{"product_id": str(i), "title": f"Pan {i * 7919 % 10007}"} for i in range(50_000)]
    path = write(tmp_path, name, rows)
    data = bytearray(path.read_bytes())
    if name.endswith(".gz"):
        path.write_bytes(data[: len(data) // 2])
    else:
        middle = len(data) // 2
        data[middle : middle + 20_000] = bytes(20_000)
        path.write_bytes(data)
    with pytest.raises(CatalogError, match=f"{name}`"):
        list(read_catalog(path))


def test_same_title_is_no_duplicate_but_same_id_is_even_of_a_refused_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "product_id,title", "a,Pan", "b,Pan", "c,", "c,Pan", " a ,Pot")
    assert [(e.number, e.kind) for e in errors(read_catalog(path))] == [
        (3, "empty_title"),
        (4, "duplicate_id"),
        (5, "duplicate_id"),
    ]


def read_under_watch(path: Path) -> tuple[int, int, int]:
    """Rows read, and the most bytes that Python and Arrow held meanwhile."""
    before, arrow, count = pa.total_allocated_bytes(), 0, 0
    tracemalloc.start()
    for count, _ in enumerate(read_catalog(path), start=1):
        if count % 1_000 == 0:
            arrow = max(arrow, pa.total_allocated_bytes() - before)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return count, peak, arrow


def test_memory_of_a_long_csv_stays_bounded(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    with path.open("w") as out:
        out.write("product_id,title,description\n")
        out.writelines(f"{i},Pan,{'x' * 500}\n" for i in range(100_000))
    count, peak, _ = read_under_watch(path)
    assert count == 100_000
    assert peak < 20_000_000  # a hash of each id, of 50 MB


def test_memory_of_a_large_row_group_stays_bounded(tmp_path: Path) -> None:
    path = tmp_path / "shop.parquet"
    rows = 20_000
    texts = [f"{i} " * 600 for i in range(rows)]
    pq.write_table(pa.table({"product_id": range(rows), "title": ["Pan"] * rows, "description": texts}), path)
    count, peak, arrow = read_under_watch(path)
    assert count == rows
    assert peak < 20_000_000  # of 70 MB
    assert arrow < 20_000_000


def test_count_rows(tmp_path: Path) -> None:
    plain: Rows = [{"product_id": str(i), "title": "Pan"} for i in range(5)]
    for number, name in enumerate(["1.parquet", "2.jsonl", "3.csv", "4.tsv"], start=1):
        assert count_rows(write(tmp_path, name, plain)) == 5
        assert count_rows(tmp_path) == 5 * number
    assert count_rows(write(tmp_path, "5.csv.gz", plain)) is None
    assert count_rows(tmp_path) is None
    assert count_rows(write(tmp_path, "6.csv", PRODUCTS)) is None
    assert count_rows(csv_file(tmp_path, "product_id,title", b"a,Pan", name="7.csv")) == 1
    utf16 = csv_file(tmp_path, "product_id,title\na,Pan\n".encode("utf-16"), name="8.csv")
    assert count_rows(utf16) is None
    with pytest.raises(CatalogError):
        count_rows(tmp_path / "none.csv")
