import json
from pathlib import Path

import pytest

from agents.candidate_texts import CandidateTexts
from agents.definitions.backends import Backend, in_memory, open_backend
from agents.localized import LocalPrompts
from agents.names import DescriptiveNames, NameStore, short_name
from agents.rankers import NAME_PROMPT, build_ranker
from tests.agents.cases import a_case
from tests.fakes.said import SaidChat, Says, said_llm


def named(says: Says | str, backend: Backend | None = None) -> tuple[DescriptiveNames, SaidChat]:
    llm, chat = said_llm(says)
    return DescriptiveNames(llm, NameStore(backend or in_memory()), LocalPrompts.load(NAME_PROMPT)), chat


def by_path(messages: object) -> str:
    """A name made of the path that is asked about."""
    path = str(messages[-1].content).splitlines()[0].removeprefix("Path: ")  # type: ignore[index]
    return json.dumps({"name": f"All of {path.split(' > ')[0]}"})


CANDIDATES = a_case().recommendation.candidates


def test_a_name_is_written_once_and_kept(tmp_path: Path) -> None:
    backend = open_backend(tmp_path / "names.sqlite")
    names, chat = named(by_path, backend)
    expected = {"c0": "All of Sports", "c1": "All of Garden", "c2": "All of Home"}
    assert names(CANDIDATES, {}) == names(CANDIDATES, {}) == expected
    assert len(chat.asked) == 3
    backend.close()
    later, silent = named(by_path, open_backend(tmp_path / "names.sqlite"))
    assert later(CANDIDATES, {}) == expected
    assert silent.asked == []


def test_a_name_is_written_again_when_the_definition_changed() -> None:
    names, chat = named(by_path)
    names(CANDIDATES[:1], {"c0": "Mats."})
    names(CANDIDATES[:1], {"c0": "Mats for sport."})
    assert len(chat.asked) == 2
    assert "Definition: Mats for sport." in str(chat.asked[1][-1].content)


def test_a_failure_gives_leaf_and_parent_and_is_not_kept() -> None:
    answers = iter(["nonsense", "nonsense", '{"name": "Yoga mats"}'])
    names, _ = named(lambda _: next(answers))
    assert names(CANDIDATES[:1], {}) == {"c0": "Mats (Yoga)"}
    assert names(CANDIDATES[:1], {}) == {"c0": "Yoga mats"}


@pytest.mark.parametrize(("path", "name"), [("A > B > C", "C (B)"), ("A", "A")])
def test_short_names(path: str, name: str) -> None:
    assert short_name(path) == name


def test_two_candidates_of_one_name_are_told_apart_by_their_paths() -> None:
    names, _ = named('{"name": "Mats of all kinds"}')
    assert CandidateTexts("name", names)(a_case()) == [c.category_path for c in CANDIDATES]


def test_leaves_stay_as_ambiguous_as_they_are() -> None:
    assert CandidateTexts("leaf")(a_case()) == ["Mats", "Hoses", "Mats"]


def test_names_need_a_writer() -> None:
    with pytest.raises(ValueError, match="writes"):
        CandidateTexts("name")


def test_the_strategy_shows_names() -> None:
    def says(messages: object) -> str:
        asks_name = "You name the categories" in str(messages[0].content)  # type: ignore[index]
        return by_path(messages) if asks_name else json.dumps({"category": 1, "reason": "r"})

    llm, chat = said_llm(says)
    ranker = build_ranker(llm, "name")
    ranker.rank(a_case())
    assert "2. All of Garden" in str(chat.asked[-1][-1].content)
    assert NAME_PROMPT in {prompt.name for prompt in ranker.prompts}
