from pathlib import Path

import pytest

from catalog.formats.delimited import DelimitedFile
from catalog.formats.records import RECORD_CHARS, BadRecord, Record

HEADER = "id,title\n"
WANTED = {"product_id": "id", "title": "title", "brand": "brand"}


def read(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    """Place and title of each record, or the kind of its problem."""
    path = tmp_path / "shop.csv"
    path.write_bytes((HEADER + text).encode())
    return [
        (record.place, str(record.values["title"]) if isinstance(record, Record) else record.problem.kind)
        for record in DelimitedFile(path, ",").records(WANTED)
    ]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('1,"a\nb"\n2,c\n', [("line 2", "a\nb"), ("line 4", "c")]),
        ('1,"say ""hi"", bye"\n', [("line 2", 'say "hi", bye')]),
        ('1,5" pipe\n2,c', [("line 2", '5" pipe'), ("line 3", "c")]),
        ("1,a\r\n\r\n2,b\r\n", [("line 2", "a"), ("line 4", "b")]),
        ("1,a\r2,b\r", [("line 2", "a"), ("line 3", "b")]),
        ("1,\u2028a\x0b\x1c\n", [("line 2", "\u2028a\x0b\x1c")]),
    ],
)
def test_fields_and_places(tmp_path: Path, text: str, titles: list[tuple[str, str]]) -> None:
    assert read(tmp_path, text) == titles


def test_header_is_trimmed_and_unknown_columns_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "shop.tsv"
    path.write_text("\n id\ttitle \tprice\n1\tPan\t3\n")
    source = DelimitedFile(path, "\t")
    assert source.columns() == ("id", "title", "price")
    assert list(source.records(WANTED)) == [Record("line 3", {"product_id": "1", "title": "Pan"})]


@pytest.mark.parametrize(
    "broken",
    ['1,"never closed', '1,"closed" too soon', '1,"closed"too soon"'],
)
def test_broken_quotes_cost_one_row(tmp_path: Path, broken: str) -> None:
    assert read(tmp_path, f'{broken}\n2,b\n3,"c"\n') == [
        ("line 2", "malformed"),
        ("line 3", "b"),
        ("line 4", "c"),
    ]


def test_quote_that_is_closed_by_the_next_row_costs_one_row(tmp_path: Path) -> None:
    assert read(tmp_path, '1,"open\n2,b\n3,"c"\n4,d\n') == [
        ("line 2", "malformed"),
        ("line 3", "b"),
        ("line 4", "c"),
        ("line 5", "d"),
    ]


def test_open_quote_does_not_swallow_a_long_file(tmp_path: Path) -> None:
    line = "2," + "b" * 998 + "\n"
    lines = 2 * RECORD_CHARS // len(line)
    rows = read(tmp_path, '1,"open\n' + line * lines)
    assert rows[0] == ("line 2", "malformed")
    assert len(rows) == lines + 1
    assert rows[-1] == (f"line {lines + 2}", "b" * 998)


def test_line_over_the_limit_is_skipped(tmp_path: Path) -> None:
    rows = read(tmp_path, "1," + "x" * (3 * RECORD_CHARS) + "\n2,b\n")
    assert rows == [("line 2", "too_long"), ("line 3", "b")]


def test_field_below_the_limit_of_a_record_is_read(tmp_path: Path) -> None:
    title = "x" * (RECORD_CHARS - 100)
    assert read(tmp_path, f'1,"{title}"\n') == [("line 2", title)]


def test_wrong_number_of_fields(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text(HEADER + "1,a,b\n1\n")
    first, second = DelimitedFile(path, ",").records(WANTED)
    assert isinstance(first, BadRecord)
    assert isinstance(second, BadRecord)
    assert first.problem.message == "3 fields, but the header has 2."
    assert second.problem.kind == "malformed"
