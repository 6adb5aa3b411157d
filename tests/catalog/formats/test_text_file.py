from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.formats.records import RECORD_CHARS
from catalog.formats.text_file import bounded_lines, open_text


def read(path: Path) -> str:
    with open_text(path) as stream:
        return stream.read()


def test_undecodable_bytes_are_marked_in_both_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"caf\xe9 \xed\xa0\x80 ok")
    assert read(path) == "caf\udce9 \udced\udca0\udc80 ok"
    path.write_bytes("ok".encode("utf-16") + b"\x00\xd8" + "b".encode("utf-16-le") + b"\x0a")
    assert read(path) == "ok\udc00\udcd8b\udc0a"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_lines_are_cut_at_the_limit(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    lengths = (RECORD_CHARS - 1, RECORD_CHARS + 5, 1, 2 * RECORD_CHARS + 2)
    path.write_text(
        "".join("x" * length + (end or "\n") for length in lengths).removesuffix("" if end else "\n"),
        newline="",
    )
    with open_text(path) as stream:
        found = [len(line.rstrip()) for line in bounded_lines(stream) if line.strip()]
    assert found == [RECORD_CHARS - 1, RECORD_CHARS + 1, 1, RECORD_CHARS + 1]


def test_error_while_reading_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"a\.csv"), open_text(tmp_path / "a.csv"):
        pytest.fail("opened")
