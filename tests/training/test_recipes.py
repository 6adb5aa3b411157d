import pytest

from catalog.errors import SettingsError
from training.augmentation.record import MaskedPath
from training.recipe import Recipe
from training.recipes import RECIPES, parsed_changes, recipe_named


def test_every_recipe_survives_its_own_json():
    for name, recipe in RECIPES.items():
        assert recipe.name == name
        assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_a_part_can_be_left_out_and_a_field_changed():
    recipe = recipe_named("dual-expert", {"fine_tuning.augmentation": None, "schedule.epochs": 2})
    assert recipe.fine_tuning.augmentation is None
    assert recipe.schedule.epochs == 2
    assert RECIPES["dual-expert"].fine_tuning.augmentation == MaskedPath()


def test_changes_are_json_where_they_read_as_such():
    assert parsed_changes(["a=null", "b.c=0.5", "d=embedded", 'e=["head"]']) == {
        "a": None,
        "b.c": 0.5,
        "d": "embedded",
        "e": ["head"],
    }


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("bets", {}, "no recipe 'bets'"),
        ("best", {"schedule.epoch": 3}, "`schedule.epoch` is 3"),
        ("best", {"schedul.epochs": 3}, "`schedul.epochs` is not a field"),
        ("best", {"schedule.epochs": 0}, "`schedule.epochs` is 0"),
        ("best", {"sources": ["head", "head"]}, "names one twice"),
        ("best", {"fine_tuning": None}, "'head' needs `fine_tuning`"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name, changes, message):
    with pytest.raises(SettingsError, match=message):
        recipe_named(name, changes)


def test_a_change_without_a_value_is_refused():
    with pytest.raises(SettingsError, match="KEY=VALUE"):
        parsed_changes(["epochs"])
