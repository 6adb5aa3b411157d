from typing import Literal

import pytest
from pydantic import BaseModel, Field

from agents.llm.answer import ask
from agents.llm.counting import Estimate
from agents.llm.structured import answer_schema
from agents.llm.usage import counting_usage
from agents.reasoning import Explanation, ranking_schema
from agents.summarizer import DefinitionDraft
from graph.batch.rehearsal import USUAL_LENGTH, example, rehearsal_llm


class Inner(BaseModel):
    kind: Literal["a", "b"]
    share: float = Field(ge=0.5)


class Odd(BaseModel):
    inner: Inner
    several: list[Inner] = Field(min_length=1, max_length=2)
    maybe: str | None
    sure: bool
    numbers: list[int] = Field(min_length=3, max_length=3)


@pytest.mark.parametrize("schema", [Explanation, ranking_schema(5), DefinitionDraft, Odd])
@pytest.mark.parametrize("share", [0.0, USUAL_LENGTH, 1.0])
def test_an_example_fits_its_schema(schema: type[BaseModel], share: float) -> None:
    schema.model_validate(example(answer_schema(schema), share))


def test_a_longer_share_is_a_longer_example() -> None:
    lengths = [len(str(example(answer_schema(Explanation), share))) for share in (0.0, 0.5, 1.0)]
    assert lengths == sorted(set(lengths))


def test_it_answers_as_a_model_does_and_tells_what_was_asked() -> None:
    llm, chat = rehearsal_llm("some-model", "rank", Estimate())
    answer = ask(llm, [("system", "Sort."), ("user", "a hose for the garden")], ranking_schema(3))
    assert answer.tokens_in == 4 + 2 + 4 + 5
    assert 1 <= answer.value.ranking[0] <= 3
    ask(llm, [("user", "x")], DefinitionDraft)
    assert chat.asked == {"Ranking": 1, "DefinitionDraft": 1}
    shortest, usual, longest = chat.written
    assert 0 < shortest < usual < longest
    assert answer.tokens_out < usual


def test_it_scores_by_length() -> None:
    llm, _ = rehearsal_llm("some-model", "likelihood", Estimate())
    assert llm.scorer is not None
    scores = llm.scorer.score("text", [" one", " one two"])
    assert [score.tokens for score in scores] == [1, 2]
    assert scores[0].logprob > scores[1].logprob


@pytest.mark.parametrize(("name", "tokens"), [("some-model", 2 * 3 + 3), ("embedded", 3 + 3)])
def test_a_server_reads_the_text_with_each_continuation_and_the_embedded_model_once(
    name: str, tokens: int
) -> None:
    llm, _ = rehearsal_llm(name, "likelihood", Estimate())
    assert llm.scorer is not None
    with counting_usage() as counter:
        llm.scorer.score("b c", [" one", " one two"], head="a ")
    assert (counter.usage.calls, counter.usage.tokens_in) == (1, tokens)
