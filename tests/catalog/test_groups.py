import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.groups import words_key

STEADY = settings(deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Olive Oil 500 ml", "olive oil, 1 L"),
        ("Olive Oil 500ml", "Oil, Olive - 0.5l (Pack 2)"),
        ("Back Cover for iPad 2", "Back cover for IPAD"),
        ("PS4 pad", "PS5 pad"),
        ("Сок яблочный 0,2л", "сок ЯБЛОЧНЫЙ 1 л"),
        ("Tea Tea Green", "Green tea"),
        ("R-3000", "r 3000"),
    ],
)
def test_order_numbers_units_and_case_do_not_tell_titles_apart(one: str, other: str) -> None:
    assert words_key(one) == words_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Green Tea", "Black Tea"),
        ("Olive Oil", "Olive Oil Extra Virgin"),
        ("Gift set", "Gift"),
    ],
)
def test_other_words_do(one: str, other: str) -> None:
    assert words_key(one) != words_key(other)


@pytest.mark.parametrize(("one", "other"), [("R 3000", "R 4000"), ("500 ml", "250 ml"), ("12", "13")])
def test_so_do_numbers_where_no_word_is_left(one: str, other: str) -> None:
    assert words_key(one) != words_key(other)


@STEADY
@given(st.permutations(["olive", "oil", "virgin", "500", "ml", "x2"]))
def test_any_order_is_the_same(words: list[str]) -> None:
    assert words_key(" ".join(words)) == "oil olive virgin"
