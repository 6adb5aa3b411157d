"""What is shown and what becomes of the answer; a stand-in answers, so nothing is said of accuracy."""

import json
from pathlib import Path

import numpy as np
import pytest

from agents.fusion import FEATURES
from agents.rankers import build_ranker
from agents.strategies import STRATEGIES
from catalog.errors import LLMAnswerError, PromptError, SettingsError
from tests.agents.cases import PATHS, a_case
from tests.fakes.said import LengthScorer, SaidChat, said_llm

CHOICE = {"category": 2, "reason": "r"}
PLAIN = {"ranking": [3, 1], "reason": "r"}
REASONED = {"clues": ["red"], "user": "u", "use_case": "c", "ranking": [3, 1], "reason": "r"}
CHAT = [name for name in STRATEGIES if name not in ("likelihood", "name")]


def answer_of(strategy: str) -> dict[str, object]:
    return {"choose": CHOICE, "rank": PLAIN, "reason": REASONED}[STRATEGIES[strategy].asked]


def asked(chat: SaidChat) -> str:
    return "\n".join(str(message.content) for message in chat.asked[-1])


@pytest.mark.parametrize("strategy", CHAT)
def test_every_strategy_gives_the_features_that_fusion_knows(strategy: str) -> None:
    llm, chat = said_llm(json.dumps(answer_of(strategy)))
    ranker = build_ranker(llm, strategy)
    found = ranker.rank(a_case(defined=True))
    assert found.features.shape == (len(PATHS), len(FEATURES[ranker.kind]))
    assert (found.tokens_in, found.tokens_out, found.prompt) == (10, 5, ranker.prompt.ref)
    assert not found.none_fits
    assert "Yoga mat, red" in asked(chat)


@pytest.mark.parametrize("strategy", CHAT)
def test_only_what_a_strategy_shows_is_shown(strategy: str) -> None:
    shows = STRATEGIES[strategy]
    llm, chat = said_llm(json.dumps(answer_of(strategy)))
    build_ranker(llm, strategy).rank(a_case(defined=True))
    text = asked(chat)
    assert ("All that belongs to c0." in text) == shows.definitions
    assert ("A near product" in text) == shows.neighbours
    assert ("2. Garden > Hoses" in text) == (shows.shown == "path")
    assert ("2. Hoses" in text) == (shows.shown == "leaf")


def test_a_choice_is_the_first_and_the_rest_are_left() -> None:
    llm, _ = said_llm(json.dumps(CHOICE))
    found = build_ranker(llm, "zero_shot").rank(a_case())
    assert found.features[:, 1].tolist() == [0, 1, 0]
    assert found.reasoning is not None
    assert found.reasoning.ranking == ("c1", "c0", "c2")


def test_those_left_out_of_a_ranking_share_the_places_left() -> None:
    llm, _ = said_llm(json.dumps(PLAIN | {"ranking": [2]}))
    found = build_ranker(llm, "rank").rank(a_case())
    assert found.features[:, 1].tolist() == [1.5, 0, 1.5]
    assert found.features[:, 2].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("strategy", "said"),
    [("zero_shot", {"category": 0, "reason": "r"}), ("rank", PLAIN | {"ranking": [0]})],
)
def test_none_of_these_favours_nobody(strategy: str, said: dict[str, object]) -> None:
    llm, _ = said_llm(json.dumps(said))
    found = build_ranker(llm, strategy).rank(a_case())
    assert found.none_fits
    assert found.reasoning is not None
    assert found.reasoning.ranking == ()
    assert np.ptp(found.features[:, 1:], axis=0).max() == 0
    assert found.features[:, -1].tolist() == [1, 1, 1]


def test_numbers_mean_what_was_shown_whatever_the_order() -> None:
    llm, chat = said_llm(json.dumps(CHOICE))
    found = build_ranker(llm, "zero_shot").rank(a_case(), order=[2, 0, 1])
    assert "1. Home > Mats\n2. Sports > Yoga > Mats\n3. Garden > Hoses" in asked(chat)
    assert found.features[:, 1].tolist() == [1, 0, 0]


def test_the_answer_is_wanted_in_the_language_of_the_locale() -> None:
    llm, chat = said_llm(json.dumps(REASONED))
    ranker = build_ranker(llm, "cot_rank")
    for locale, language in (("de-AT", "German"), ("", "English")):
        ranker.rank(a_case(locale=locale))
        assert f"Write the reason in {language}." in asked(chat)
        assert ("Locale: de-AT" in asked(chat)) == bool(locale)


def test_an_error_is_shown_to_the_model_once() -> None:
    answers = iter(["I think the second.", json.dumps(CHOICE)])
    llm, chat = said_llm(lambda _: next(answers))
    found = build_ranker(llm, "zero_shot").rank(a_case())
    assert len(chat.asked) == 2
    assert "cannot be used" in str(chat.asked[1][-1].content)
    assert found.tokens_in == 20


def test_two_bad_answers_fail() -> None:
    llm, chat = said_llm(json.dumps({"category": 4, "reason": "r"}))
    with pytest.raises(LLMAnswerError):
        build_ranker(llm, "zero_shot").rank(a_case())
    assert len(chat.asked) == 2


def _own_prompt(folder: Path, name: str, output: str, variables: str, more: str = "") -> None:
    file = folder / "general_expert" / f"{name}.v1.jinja"
    file.parent.mkdir(exist_ok=True)
    body = " ".join(f"{{{{ {v} }}}}" for v in variables.split())
    listed = ", ".join(f'"{v}"' for v in variables.split())
    file.write_text(
        f'+++\nvariables = [{listed}]\noutput = "{output}"\n{more}note = "n"\n+++\n## user\n{body}\n', "utf-8"
    )


def test_the_output_of_an_own_prompt_decides_what_is_asked(tmp_path: Path) -> None:
    _own_prompt(tmp_path, "mine", "Ranking", "title candidates")
    llm, _ = said_llm(json.dumps(REASONED))
    ranker = build_ranker(llm, "zero_shot", prompt="general_expert/mine", overlay=tmp_path)
    assert ranker.kind == "rank"
    assert ranker.rank(a_case()).reasoning.clues == ("red",)


@pytest.mark.parametrize(
    ("output", "variables", "message"),
    [("Explanation", "title", "no ranking"), ("Choice", "title colour", "colour")],
)
def test_an_own_prompt_that_cannot_rank_is_refused_at_once(
    tmp_path: Path, output: str, variables: str, message: str
) -> None:
    _own_prompt(tmp_path, "mine", output, variables)
    with pytest.raises(PromptError, match=message):
        build_ranker(said_llm("")[0], "rank", prompt="general_expert/mine", overlay=tmp_path)


def test_the_most_specific_prompt_of_a_locale_is_asked_with(tmp_path: Path) -> None:
    _own_prompt(tmp_path, "zero_shot", "Choice", "title")
    _own_prompt(tmp_path, "zero_shot_de", "Choice", "title brand", 'locale = "de"\n')
    _own_prompt(tmp_path, "zero_shot_de_at", "Choice", "title locale", 'locale = "de-AT"\n')
    llm, _ = said_llm(json.dumps(CHOICE))
    ranker = build_ranker(llm, "zero_shot", overlay=tmp_path)
    used = {locale: ranker.rank(a_case(locale=locale)).prompt for locale in ("de-AT", "de_CH", "en", "")}
    assert used == {
        "de-AT": "general_expert/zero_shot_de_at.v1",
        "de_CH": "general_expert/zero_shot_de.v1",
        "en": "general_expert/zero_shot.v1",
        "": "general_expert/zero_shot.v1",
    }
    assert {prompt.name for prompt in ranker.prompts} == {
        "general_expert/zero_shot",
        "general_expert/zero_shot_de",
        "general_expert/zero_shot_de_at",
    }


def test_a_variant_must_ask_for_the_same(tmp_path: Path) -> None:
    _own_prompt(tmp_path, "zero_shot_de", "Ranking", "title", 'locale = "de"\n')
    with pytest.raises(PromptError, match="same `output`"):
        build_ranker(said_llm("")[0], "zero_shot", overlay=tmp_path)


@pytest.mark.parametrize(
    ("prompt", "strategy"),
    [
        ("general_expert/rank.v1", "rank"),
        ("general_expert/leaf", "leaf"),
        ("general_expert/likelihood.v1", "likelihood"),
    ],
)
def test_a_prompt_alone_brings_its_strategy(prompt: str, strategy: str) -> None:
    llm, _ = said_llm("", scorer=LengthScorer())
    ranker = build_ranker(llm, prompt=prompt)
    assert ranker.strategy == strategy
    assert ranker.kind == {"rank": "rank", "leaf": "choose", "likelihood": "likelihood"}[strategy]


def test_a_prompt_to_score_with_needs_a_model_that_scores() -> None:
    with pytest.raises(SettingsError, match="log-probabilities"):
        build_ranker(said_llm("")[0], prompt="general_expert/likelihood.v1")
