from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel, Field

from agents.llm.factory import build_llm
from agents.llm.structured import (
    WAYS,
    Way,
    Ways,
    answer_schema,
    answer_text,
    read_reply,
    refuses_way,
    structured,
)
from catalog.errors import LLMUnavailable
from tests.fakes.openai_server import OpenAIServer, ok


class Clue(BaseModel):
    text: str = Field(max_length=40)


class Pick(BaseModel):
    """A choice."""

    pick: int = Field(ge=1, le=9)
    clues: list[Clue] = Field(default_factory=list)


def said(content: str, **metadata: Any) -> AIMessage:
    return AIMessage(content=content, response_metadata=metadata)


def test_every_object_is_closed() -> None:
    schema = answer_schema(Pick)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Clue"]["additionalProperties"] is False


@pytest.mark.parametrize("key", ["finish_reason", "stop_reason", "done_reason"])
@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS"])
def test_truncated_answer_is_never_read_even_when_it_parses(key: str, reason: str) -> None:
    reply = read_reply(said('{"pick": 2}', **{key: reason}), Pick)
    assert reply["parsed"] is None
    assert "cut off" in str(reply["parsing_error"])


def test_half_an_object_is_not_repaired() -> None:
    reply = read_reply(said('{"pick": 2', finish_reason="stop"), Pick)
    assert reply["parsed"] is None
    assert "Invalid JSON" in str(reply["parsing_error"])


def test_problems_name_their_fields() -> None:
    reply = read_reply(said('{"pick": 12, "clues": [{"text": 3}]}'), Pick)
    message = str(reply["parsing_error"])
    assert "`pick` Input should be less than or equal to 9" in message
    assert "`clues.0.text`" in message


def test_good_answer_is_read() -> None:
    assert read_reply(said('{"pick": 2}', finish_reason="stop"), Pick)["parsed"] == Pick(pick=2)


def test_answer_may_come_as_a_tool_call() -> None:
    call = {"name": "Pick", "args": {"pick": 4}, "id": "1", "type": "tool_call"}
    assert read_reply(AIMessage(content="", tool_calls=[call]), Pick)["parsed"] == Pick(pick=4)


def test_unreadable_tool_call_is_quoted() -> None:
    call = {"name": "Pick", "args": '{"pick"', "id": "1", "error": None, "type": "invalid_tool_call"}
    assert answer_text(AIMessage(content="", invalid_tool_calls=[call])) == '{"pick"'


def test_ways_begin_with_the_one_that_worked_and_stay_open_below() -> None:
    ways = Ways()
    assert ways.open() == WAYS
    ways.settle(Way("function_calling"))
    assert [way.method for way in ways.open()] == ["function_calling", "json_mode"]


def test_class_without_structured_output_is_a_refused_way() -> None:
    with pytest.raises(LLMUnavailable) as caught:
        structured(FakeListChatModel(responses=[]), Pick, WAYS[0])
    assert refuses_way(caught.value)


def test_other_failures_do_not_refuse_a_way() -> None:
    assert not refuses_way(LLMUnavailable("out of memory"))


class Wrapped(FakeListChatModel):
    """A provider whose chain does not begin with the model."""

    def with_structured_output(self, schema: Any, *, include_raw: bool = False, **kwargs: Any) -> Any:
        before = RunnableLambda(lambda messages: messages)
        if not include_raw:
            return before | self
        return before | RunnableLambda(lambda messages: {"raw": self.invoke(messages), "parsed": None})


class Plain(FakeListChatModel):
    def with_structured_output(self, schema: Any, *, include_raw: bool = False, **kwargs: Any) -> Any:
        assert not include_raw, "its first step is the model, so nothing more is wanted"
        return self.bind(schema=schema) | RunnableLambda(lambda message: message.text)


@pytest.mark.parametrize("kind", [Wrapped, Plain])
@pytest.mark.parametrize("way", [Way("json_schema", strict=True), Way("json_mode")])
def test_the_raw_message_is_read_however_the_chain_is_built(kind: type[FakeListChatModel], way: Way) -> None:
    chain = structured(kind(responses=['{"pick": 2}', '{"pick": 99}']), Pick, way)
    assert chain.invoke([HumanMessage("which?")])["parsed"] == Pick(pick=2)
    assert "`pick`" in chain.invoke([HumanMessage("which?")])["parsing_error"].message


def test_a_request_starts_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr("langchain_core.runnables.base.get_executor_for_config", started.append)
    with OpenAIServer([ok({"pick": 2})]) as server:
        chain = structured(build_llm("m", base_url=server.base_url).chat, Pick, WAYS[0])
        assert chain.invoke([HumanMessage("which?")])["parsed"] == Pick(pick=2)
    assert not started


def test_a_schema_may_be_changed_by_who_was_given_it() -> None:
    answer_schema(Pick)["title"] = "changed"
    assert answer_schema(Pick)["title"] == "Pick"
