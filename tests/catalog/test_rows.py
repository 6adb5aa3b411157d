from decimal import Decimal

import pytest

from catalog.product import RowErrorKind
from catalog.rows import FIELD_CHARS, TITLE_CHARS, RowRefused, read_id, read_word, shown_id, to_product


def refusal(labelled: bool = False, **values: object) -> tuple[RowErrorKind, str]:
    with pytest.raises(RowRefused) as caught:
        to_product("p1", {"title": "Pan", **values}, labelled=labelled)
    problem = caught.value.problem
    assert problem.fix
    return problem.kind, problem.message


def test_all_fields_as_written_but_stripped() -> None:
    product = to_product(
        "p1",
        {
            "title": " Pan\u200b 28 cm ",
            "description": "iron\n",
            "bullets": ["oven safe ", "", None, "black"],
            "brand": "Smith & Sons",
            "category_path": "Home >  Pans|Gifts",
            "locale": "en-US",
            "popularity": "12.5",
        },
        labelled=True,
    )
    assert product.model_dump() == {
        "product_id": "p1",
        "title": "Pan\u200b 28 cm",
        "description": "iron",
        "bullets": ("oven safe", "black"),
        "brand": "Smith & Sons",
        "category_paths": ("Home > Pans", "Gifts"),
        "locale": "en-US",
        "popularity": 12.5,
    }


@pytest.mark.parametrize("missing", [None, "", "  ", float("nan"), Decimal("nan")])
def test_missing_values(missing: object) -> None:
    fields = ("description", "bullets", "brand", "category_path", "locale", "popularity")
    product = to_product("p1", {"title": "Pan", **dict.fromkeys(fields, missing)}, labelled=False)
    assert product.model_dump(exclude_defaults=True) == {"product_id": "p1", "title": "Pan"}


@pytest.mark.parametrize(
    "text",
    [
        "oven safe\nblack",
        "oven safe • black",
        "• oven safe\r\n• black",
        "oven safe|black|",
        " oven safe | black ",
    ],
)
def test_bullets_in_one_string(text: str) -> None:
    assert to_product("p1", {"title": "Pan", "bullets": text}, labelled=False).bullets == (
        "oven safe",
        "black",
    )


def test_category_paths_as_a_list() -> None:
    values = {"title": "Pan", "category_path": ["Home >  Pans", "", "Gifts", "Gifts"]}
    assert to_product("p1", values, labelled=True).category_paths == ("Home > Pans", "Gifts")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, "7"), (7.0, "7"), (1.5, "1.5"), (" a7 ", "a7"), (b"a7", "a7"), (Decimal("7.10"), "7.10")],
)
def test_ids_of_any_scalar_type(value: object, expected: str) -> None:
    assert read_id({"product_id": value}) == expected
    assert shown_id(value) == expected


@pytest.mark.parametrize("value", [None, "", " ", float("nan")])
def test_missing_id(value: object) -> None:
    with pytest.raises(RowRefused) as caught:
        read_id({"product_id": value})
    assert caught.value.problem.kind == "missing_id"


def test_word_that_must_be_there() -> None:
    assert read_word("split", {"split": " test "}) == "test"
    with pytest.raises(RowRefused, match="`split` is missing"):
        read_word("split", {})


@pytest.mark.parametrize("title", [None, "", "  ", "\u200b\u202e", "\ufeff", "\x01"])
def test_title_without_visible_character(title: str | None) -> None:
    assert refusal(title=title)[0] == "empty_title"


@pytest.mark.parametrize("title", ["★", "™", "ﷺ", "\u3164x", "!"])
def test_title_of_any_visible_character(title: str) -> None:
    assert to_product("p1", {"title": title}, labelled=False).title == title


def test_length_limits() -> None:
    assert to_product("p1", {"title": "x" * TITLE_CHARS}, labelled=False).title
    assert to_product("p1", {"title": "x", "brand": "x" * FIELD_CHARS}, labelled=False).brand
    assert refusal(title="x" * (TITLE_CHARS + 1))[0] == "too_long"
    kind, message = refusal(description="x" * (FIELD_CHARS + 1))
    assert (kind, message) == ("too_long", "`description` has 100001 characters, over 100000.")
    assert refusal(bullets=["x" * 60_000, "y" * 60_000])[0] == "too_long"


@pytest.mark.parametrize(
    ("brand", "part"),
    [
        ("caf\udce9", "byte 0xE9, after 'caf'"),
        (b"caf\xe9", "byte 0xE9"),
        ("x\ud83d", "U+D83D"),
        ("a\0b", "U+0000"),
    ],
)
def test_text_that_is_no_unicode(brand: object, part: str) -> None:
    kind, message = refusal(brand=brand)
    assert kind == "encoding"
    assert part in message
    message.encode()


def test_nothing_unencodable_in_lists_either() -> None:
    assert refusal(bullets=["ok", "\ud800"])[0] == "encoding"
    assert refusal(category_path=["A", "B\0"])[0] == "encoding"


@pytest.mark.parametrize(
    "popularity", ["many", "-1", -1, "inf", float("inf"), True, [3], {"n": 3}, 10**400, "1,000", "9" * 500]
)
def test_bad_popularity(popularity: object) -> None:
    kind, message = refusal(popularity=popularity)
    assert kind == "bad_value"
    assert "`popularity`" in message
    assert len(message) < 120


@pytest.mark.parametrize("value", [{"en": "Pan"}, ["Pan"], True])
def test_values_that_are_no_text(value: object) -> None:
    assert refusal(title=value) == ("bad_value", f"`title` is a {type(value).__name__}, not text.")


def test_labels() -> None:
    assert refusal(labelled=True)[0] == "bad_value"
    assert refusal(labelled=True, category_path=" | ")[0] == "bad_value"
    kind, message = refusal(category_path="Home >  > Pans")
    assert kind == "bad_value"
    assert "'Home >  > Pans'" in message


def test_shown_id_is_short_and_encodable() -> None:
    assert shown_id("a\0b\udce9") == "ab\\udce9"
    assert len(shown_id("x" * 10**6)) == 200
    assert shown_id({"a": 1}) == ""
