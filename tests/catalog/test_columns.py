from pathlib import Path

import pytest

from catalog.columns import COLUMNS, check_columns, full_mapping
from catalog.errors import CatalogError, SettingsError

FILE = Path("shop.csv")
REQUIRED = {"product_id", "title"}


def test_mapping_is_filled_up_with_our_own_names() -> None:
    mapping = full_mapping({"title": "name"})
    assert tuple(mapping) == COLUMNS
    assert mapping["title"] == "name"
    assert mapping["brand"] == "brand"


def test_unknown_name_of_ours_gets_the_closest() -> None:
    with pytest.raises(SettingsError, match="`--column titel=name`") as caught:
        full_mapping({"titel": "name"})
    assert caught.value.fix == "Write `--column title=name`."


def test_missing_columns_are_named_with_what_is_there_and_the_closest() -> None:
    found = ["Product ID", "Title", "price"]
    with pytest.raises(CatalogError) as caught:
        check_columns(FILE, found, full_mapping({}), REQUIRED)
    message = str(caught.value)
    assert "`shop.csv` has no column 'product_id' and no 'title'" in message
    assert "'Product ID', 'Title', 'price'" in message
    assert "--column product_id=Product ID --column title=Title" in message


def test_nothing_alike_is_not_suggested() -> None:
    with pytest.raises(CatalogError, match="--column title=NAME"):
        check_columns(FILE, ["product_id", "zzz"], full_mapping({}), REQUIRED)


def test_mapped_column_must_be_there() -> None:
    with pytest.raises(CatalogError, match=r"'nam'.*--column title=name"):
        check_columns(FILE, ["product_id", "name"], full_mapping({"title": "nam"}), REQUIRED)


def test_joined_header_says_so() -> None:
    with pytest.raises(CatalogError, match="Separate the columns"):
        check_columns(FILE, ["product_id;title;brand"], full_mapping({}), REQUIRED)


def test_column_that_stands_twice_is_refused_only_if_wanted() -> None:
    check_columns(FILE, ["product_id", "title", "x", "x"], full_mapping({}), REQUIRED)
    with pytest.raises(CatalogError, match="'title' twice"):
        check_columns(FILE, ["product_id", "title", "title"], full_mapping({}), REQUIRED)


def test_long_list_of_columns_is_cut() -> None:
    with pytest.raises(CatalogError, match="and 70 more"):
        check_columns(FILE, [f"column {i}" for i in range(100)], full_mapping({}), REQUIRED)
