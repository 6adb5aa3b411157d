import pytest

from catalog.csv_file import write_csv


def test_rows_come_back_whatever_they_hold(tmp_path):
    file = tmp_path / "new" / "rows.csv"
    write_csv(file, ("a", "b"), [{"a": 'x, "y"', "b": "line\nend"}])
    assert file.read_bytes() == b'a,b\r\n"x, ""y""","line\nend"\r\n'


def test_a_failure_leaves_what_stands_there(tmp_path):
    file = tmp_path / "rows.csv"
    write_csv(file, ("a",), [{"a": "1"}])
    with pytest.raises(ValueError, match="fields not in fieldnames"):
        write_csv(file, ("a",), [{"b": "2"}])
    assert file.read_text("utf-8").split() == ["a", "1"]
    assert [each.name for each in tmp_path.iterdir()] == ["rows.csv"]
