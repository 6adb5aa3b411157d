"""A new setting of the language model must be classified: does it change answers or not?"""

import inspect
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from agents.llm import factory
from agents.llm.chat import EmbeddedChat
from agents.llm.factory import LLM, build_llm
from agents.llm.identity import CHANGES_ANSWERS, KEEPS_ANSWERS, SETTINGS
from agents.llm.memory import repeating
from agents.llm.structured import WAYS
from catalog.settings import Settings

URL = "http://127.0.0.1:9/v1"


class Pick(BaseModel):
    pick: int


class OtherPick(BaseModel):
    pick: int
    why: str


def test_every_parameter_of_the_factory_is_classified() -> None:
    assert set(inspect.signature(build_llm).parameters) == CHANGES_ANSWERS | KEEPS_ANSWERS
    assert not CHANGES_ANSWERS & KEEPS_ANSWERS


def test_every_setting_of_the_language_model_is_classified() -> None:
    assert {name for name in Settings.model_fields if name.startswith("llm")} <= SETTINGS.keys()
    assert set(SETTINGS.values()) <= CHANGES_ANSWERS | KEEPS_ANSWERS


BASE: dict[str, Any] = {"spec": "openai:m", "base_url": URL, "api_key": "k"}
OTHERS: dict[str, Any] = {
    "spec": "openai:n",
    "base_url": "http://127.0.0.1:10/v1",
    "temperature": 0.5,
    "api_key": "another",
    "timeout_s": 7.0,
    "max_retries": 1,
    "threads": 1,
    "accept_gemma_terms": True,
    "max_concurrency": 2,
    "cache_dir": Path("elsewhere"),
    "llm_cache": "another.sqlite",
}


def key(tmp_path: Path, **changes: Any) -> str:
    """Under which the answer to one question is kept."""
    options = {**BASE, "llm_cache": "answers.sqlite", **changes}
    options["llm_cache"] = tmp_path / options["llm_cache"]
    llm = build_llm(**options)
    assert llm.memory is not None
    factory._reply_cache.cache_clear()
    return llm.memory._chat_key([HumanMessage("which?")], Pick, WAYS[0])


def test_all_parameters_are_tried() -> None:
    assert OTHERS.keys() == CHANGES_ANSWERS | KEEPS_ANSWERS


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_the_key_changes_with_what_changes_answers_and_with_nothing_else(tmp_path: Path, name: str) -> None:
    assert (key(tmp_path) != key(tmp_path, **{name: OTHERS[name]})) is (name in CHANGES_ANSWERS)


def test_the_question_its_schema_its_way_and_the_repeat_belong_to_the_key(tmp_path: Path) -> None:
    memory = build_llm(**BASE, llm_cache=tmp_path / "a").memory
    assert memory is not None
    question = [HumanMessage("which?")]
    keys = [memory._chat_key(question, schema, way) for schema in (Pick, OtherPick) for way in WAYS]
    keys.append(memory._chat_key([HumanMessage("who?")], Pick, WAYS[0]))
    with repeating(1):
        keys.append(memory._chat_key(question, Pick, WAYS[0]))
    assert len(set(keys)) == len(keys)
    with repeating(0):
        assert memory._chat_key(question, Pick, WAYS[0]) == keys[0]


class Model:
    def __init__(self, revision: str) -> None:
        self.name, self.revision = "embedded", revision

    def generate_batch(self, requests: object) -> None: ...


def chats() -> list[Any]:
    """Chat models whose answers differ."""
    openai: dict[str, Any] = {"model": "m", "api_key": "k"}
    return [
        EmbeddedChat(model=Model("a")),
        EmbeddedChat(model=Model("b")),
        EmbeddedChat(model=Model("a"), max_tokens=7),
        ChatOpenAI(**openai),
        *(ChatOpenAI(**openai, **more) for more in ({"max_tokens": 7}, {"seed": 1}, {"top_p": 0.5})),
    ]


def test_weights_length_and_sampling_of_the_chat_model_belong_to_the_key() -> None:
    found = [factory._chat_identity(LLM("m", chat, None, "rank")) for chat in chats()]
    assert len(set(found)) == len(found)
    assert found == [factory._chat_identity(LLM("m", chat, None, "rank")) for chat in chats()]
