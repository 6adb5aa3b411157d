import pytest

from agents.localized import LocalPrompts
from agents.prompted import VARIABLES
from agents.strategies import DEFAULTS, STRATEGIES, strategy_of
from catalog.errors import SettingsError
from catalog.settings import STRATEGY_PARTS

OUTPUTS = {"choose": "Choice", "rank": "PlainRanking", "reason": "Ranking", "likelihood": "likelihood"}


def test_the_settings_know_the_same_names() -> None:
    assert set(STRATEGY_PARTS) == set(STRATEGIES)
    assert set(DEFAULTS.values()) <= set(STRATEGIES)


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_has_a_released_prompt_that_asks_what_it_says(name: str) -> None:
    strategy = STRATEGIES[name]
    prompt = LocalPrompts.load(strategy.prompt).base
    assert prompt.front_matter.output == OUTPUTS[strategy.asked]
    used = set(prompt.front_matter.variables)
    if strategy.asked != "likelihood":
        assert used <= VARIABLES
        assert {"title", "candidates", "language", "locale"} <= used
    if strategy.neighbours:
        assert "neighbours" in used


def test_each_prompt_is_its_own() -> None:
    prompts = [strategy.prompt for strategy in STRATEGIES.values()]
    assert len(set(prompts)) == len(prompts)


def test_the_papers_strategies_show_what_the_paper_says() -> None:
    shown = {name: (s.shown, s.definitions, s.asked) for name, s in STRATEGIES.items()}
    assert shown["zero_shot"] == ("path", False, "choose")
    assert shown["leaf"] == ("leaf", False, "choose")
    assert shown["name"] == ("name", False, "choose")
    assert shown["definition"] == ("path", True, "choose")
    assert shown["rank"] == ("path", False, "rank")
    assert shown["cot_rank"][2] == "reason"


@pytest.mark.parametrize("name", ["name+definition+rank", "rank+definition+name"])
def test_a_combination_shows_what_any_part_shows_and_asks_the_most(name: str) -> None:
    made = strategy_of(name)
    assert (made.name, made.prompt) == ("name+definition+rank", "general_expert/rank")
    assert (made.shown, made.definitions, made.neighbours, made.asked) == ("name", True, False, "rank")


def test_likelihood_can_be_measured_of_leaves() -> None:
    made = strategy_of("leaf+likelihood")
    assert (made.shown, made.asked, made.kind) == ("leaf", "likelihood", "likelihood")


@pytest.mark.parametrize("name", ["guess", "rank+guess", "", "rank+rank", "leaf+name", "leaf+full_path"])
def test_what_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        strategy_of(name)
