import pytest

from app.service.keys import Keys, keys_of, read_keys
from catalog.errors import SettingsError

KEY = "0123456789abcdef"


def test_a_key_names_its_owner():
    keys = keys_of(f"# shop\n\nada {KEY}\nbob {KEY[::-1]}\n", "keys")
    assert keys.owner(f"Bearer {KEY}") == "ada"
    assert keys.owner(f"bearer {KEY[::-1]} ") == "bob"


@pytest.mark.parametrize(
    "header", ["", KEY, f"Basic {KEY}", "Bearer ", f"Bearer {KEY}x", "Bearer \xff\ud800"]
)
def test_anything_else_is_nobodys(header):
    assert keys_of(f"ada {KEY}", "keys").owner(header) is None


@pytest.mark.parametrize(
    "line", ["ada", KEY, "ada short", f"ada {KEY} more", f"ada {KEY}ü", f"ada {KEY}\nada {KEY}"]
)
def test_a_bad_line_is_refused_without_showing_the_key(line):
    with pytest.raises(SettingsError, match=r"Line [12] of `keys`") as caught:
        keys_of(line, "keys")
    assert KEY not in str(caught.value)


def test_a_file_without_keys_opens_nothing(tmp_path):
    file = tmp_path / "keys"
    file.write_text("# none yet\n")
    with pytest.raises(SettingsError, match="holds no key"):
        read_keys(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_keys(tmp_path / "missing")


def test_the_keys_themselves_are_not_kept():
    assert KEY not in repr(keys_of(f"ada {KEY}", "keys"))
    assert not Keys({})
