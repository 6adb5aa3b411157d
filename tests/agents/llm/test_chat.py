import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest
from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import BaseModel, Field

from agents.llm.chat import EmbeddedChat
from agents.llm.decoding import Generation, GenerationRequest
from agents.llm.embedded import EmbeddedModel
from catalog.errors import LLMAnswerError


class Definition(BaseModel):
    department: Literal["kitchen", "pets", "electronics", "sports"]
    definition: str = Field(max_length=40)


QUESTIONS = [
    f"Define the product category '{name}'." for name in ("leash", "garlic press", "earbuds", "yoga mat")
]


class EchoModel:
    """Answers with the prompt, and records its batches."""

    name = "echo"
    revision = "1"

    def __init__(self) -> None:
        self.batches: list[list[GenerationRequest]] = []

    def render(self, messages: Sequence[BaseMessage]) -> str:
        return "|".join(message.text for message in messages)

    def generate_batch(self, requests: Sequence[GenerationRequest]) -> list[Generation]:
        self.batches.append(list(requests))
        return [Generation(request.prompt, "stop", 3, 5, 2) for request in requests]


def test_calls_that_arrive_together_are_one_batch() -> None:
    model = EchoModel()
    chat = EmbeddedChat(model=model)

    async def ask_all() -> list[str]:
        answers = await asyncio.gather(*(chat.ainvoke(question) for question in QUESTIONS))
        return [answer.text for answer in answers]

    assert asyncio.run(ask_all()) == QUESTIONS
    assert [len(batch) for batch in model.batches] == [4]


def test_options_reach_the_model() -> None:
    model = EchoModel()
    chat = EmbeddedChat(model=model, max_tokens=9)
    chat.invoke("a", stop=["\n"])
    chat.invoke("b", max_tokens=4)
    assert [batch[0] for batch in model.batches] == [
        GenerationRequest("a", 9, None, ("\n",)),
        GenerationRequest("b", 4, None, ()),
    ]


def test_usage_and_finish_reason_are_reported() -> None:
    message = EmbeddedChat(model=EchoModel()).invoke("a")
    assert message.usage_metadata == {
        "input_tokens": 3,
        "output_tokens": 5,
        "total_tokens": 8,
        "input_token_details": {"cache_read": 2},
    }
    assert message.response_metadata["finish_reason"] == "stop"


@pytest.fixture(scope="module")
def chat(smollm2: EmbeddedModel) -> EmbeddedChat:
    return EmbeddedChat(model=smollm2, max_tokens=60)


def test_structured_output_is_valid_whatever_the_order(chat: EmbeddedChat) -> None:
    structured = chat.with_structured_output(Definition)
    forward = structured.batch([[HumanMessage(question)] for question in QUESTIONS])
    backward = structured.batch([[HumanMessage(question)] for question in QUESTIONS[::-1]])
    assert all(isinstance(value, Definition) for value in forward)
    assert forward == backward[::-1]


def test_truncated_structured_output_is_a_parsing_error(chat: EmbeddedChat) -> None:
    short = EmbeddedChat(model=chat.model, max_tokens=5)
    reply = short.with_structured_output(Definition, include_raw=True).invoke(QUESTIONS[0])
    assert reply["parsed"] is None
    assert isinstance(reply["parsing_error"], LLMAnswerError)
    assert reply["raw"].usage_metadata["output_tokens"] == 5
    with pytest.raises(LLMAnswerError, match="cut off"):
        short.with_structured_output(Definition).invoke(QUESTIONS[0])
