import pytest

from catalog.paths import clean_path, split_paths


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("Home > Kitchen", "Home > Kitchen"),
        ("  Home  >  Kitchen ", "Home > Kitchen"),
        ("Home", "Home"),
        ("Size>Large > A>B", "Size>Large > A>B"),
    ],
)
def test_clean_path_has_one_spelling(path: str, clean: str) -> None:
    assert clean_path(path) == clean


@pytest.mark.parametrize("path", ["", " ", "Home >  > Pans", " > Home", "Home > "])
def test_clean_path_refuses_empty_parts(path: str) -> None:
    with pytest.raises(ValueError, match="empty part"):
        clean_path(path)


def test_split_paths_gives_each_path_once_in_order() -> None:
    assert split_paths("B > C|A|  B >  C | ") == ("B > C", "A")
    assert split_paths(" ") == ()
