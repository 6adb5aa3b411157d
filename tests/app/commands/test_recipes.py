from app.exits import COULD_NOT_RUN, OK
from tests.conftest import Cli
from training.recipes import RECIPES


def test_all_recipes_are_listed(cli: Cli) -> None:
    outcome = cli("recipes")
    assert outcome.code == OK
    assert all(name in outcome.stdout for name in RECIPES)


def test_one_is_shown_with_its_fields(cli: Cli) -> None:
    assert cli("recipes", "vanilla", "--json").document["sources"] == ["head"]


def test_an_unknown_one_is_refused(cli: Cli) -> None:
    outcome = cli("recipes", "bets")
    assert outcome.code == COULD_NOT_RUN
    assert "no recipe 'bets'" in outcome.stderr
