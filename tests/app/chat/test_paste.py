import json

import pytest

from app.chat.paste import read_product
from catalog.errors import CatalogError

LISTING = """
Salted Peanuts - Roasted, 200 g

Visit the Haldiram Store
About this item
• Crunchy
- No cholesterol
2. Resealable
A snack for all ages.
Locale: en-IN
Good with tea: try it.
"""


def test_a_copied_listing_is_taken_apart() -> None:
    product = read_product(LISTING)
    assert product.title == "Salted Peanuts - Roasted, 200 g"
    assert product.brand == "Haldiram"
    assert product.bullets == ("Crunchy", "No cholesterol", "Resealable")
    assert product.description == "A snack for all ages. Good with tea: try it."
    assert product.locale == "en-IN"


def test_fields_may_come_first() -> None:
    product = read_product("Brand: Acme\nTitle: Dog bed\nSKU: 77\nsoft")
    assert (product.product_id, product.title, product.brand) == ("77", "Dog bed", "Acme")
    assert product.description == "soft"


def test_plain_words_are_a_title() -> None:
    product = read_product("  Dog bed: washable, 80 cm  ", "p7")
    assert (product.product_id, product.title) == ("p7", "Dog bed: washable, 80 cm")


def test_a_title_may_begin_with_a_bracket() -> None:
    assert read_product("[2 pack] Dog bed").title == "[2 pack] Dog bed"


def test_json_takes_our_names_and_common_ones() -> None:
    text = json.dumps(
        {"sku": 12, "name": "Dog bed", "features": ["soft", "warm"], "category": "Pets > Beds", "price": 3}
    )
    product = read_product(text)
    assert (product.product_id, product.title, product.bullets) == ("12", "Dog bed", ("soft", "warm"))
    assert product.category_paths == ("Pets > Beds",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("\u200b\u202e", "empty"),
        ("Brand: Acme", "empty"),
        ('{"title": ""}', "empty"),
        ('{"brand": "Acme"}', "empty"),
        ('{"title": {"a": 1}}', "dict"),
        ('{"title": "x"', "not JSON"),
        ("[" * 100_000, "over 2000"),
        ('{"a":' * 100_000, "not JSON"),
        ("[1, 2]", "list"),
        ('{"title": "a\\u0000b"}', "U\\+0000"),
        ('{"title": "\\ud800"}', "half a character"),
        ("x" * 3000, "over 2000"),
    ],
)
def test_what_is_no_product_is_said(text: str, said: str) -> None:
    with pytest.raises(CatalogError, match=said) as caught:
        read_product(text)
    assert caught.value.fix
