import pytest

from catalog.errors import TaxonomyError
from review.categories import close_categories, find_category

PATHS = {
    "c1": "Garden > Watering > Garden Hoses",
    "c2": "Kitchen > Knives > Chef's Knives",
    "c3": "Kitchen > Tools > Covers",
    "c4": "Garden > Furniture > Covers",
}


@pytest.mark.parametrize(
    "typed",
    ["c2", "Kitchen > Knives > Chef's Knives", " kitchen>knives >chef's knives", "chef's knives"],
)
def test_a_category_is_found_by_id_path_or_leaf(typed: str) -> None:
    assert find_category(typed, PATHS) == "Kitchen > Knives > Chef's Knives"


def test_a_leaf_that_two_categories_have_is_asked_back() -> None:
    with pytest.raises(TaxonomyError, match="names 2 categories") as error:
        find_category("Covers", PATHS)
    assert error.value.fix == "Did you mean 'Kitchen > Tools > Covers' or 'Garden > Furniture > Covers'?"


@pytest.mark.parametrize("typed", ["Garden Hose", "Garden > Watering > Garden Hose", "hoses"])
def test_what_was_meant_is_suggested(typed: str) -> None:
    assert close_categories(typed, list(PATHS.values()))[0] == "Garden > Watering > Garden Hoses"


@pytest.mark.parametrize("typed", ["", "  ", "quantum physics"])
def test_nonsense_names_nothing(typed: str) -> None:
    with pytest.raises(TaxonomyError, match="names no category of 4"):
        find_category(typed, PATHS)
