"""Whatever a model says, by whatever strategy it is asked: the category is one of the taxonomy, always."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.fusion import Fusions
from agents.general_expert import GeneralExpert
from agents.rankers import build_ranker
from agents.ties import TieRule
from catalog.product import Product
from graph.build import build_graph
from graph.context import Context, Experts
from graph.verdict import Verdict, verdict_schema
from tests.fakes.said import LengthScorer, SaidChat, said_llm
from tests.graph.stubs import CATEGORIES, StubDomainExpert, StubSummarizer, open_gate

VALIDATOR = Draft202012Validator(verdict_schema())
EVERY_SHAPE = ("zero_shot", "name", "rank", "cot_rank", "name+definition+cot_rank", "likelihood")
"""One strategy of each kind of answer; the others differ in what they show."""
PRODUCT = Product(product_id="p", title="0.4")
TEN_MB = json.dumps({"ranking": [1], "category": 1, "reason": "x" * 10_000_000})

numbers = st.integers(-2, 5) | st.booleans() | st.none() | st.floats() | st.text(max_size=3)
texts = st.text(max_size=30)
answers = st.fixed_dictionaries(
    {"reason": texts | numbers},
    optional={
        "category": numbers,
        "ranking": st.lists(numbers, max_size=6) | numbers,
        "clues": st.lists(texts, max_size=8) | numbers,
        "user": texts,
        "use_case": texts,
        "name": texts,
        "invented": texts,
    },
)
anything = st.recursive(numbers, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)
sayings = st.one_of(
    st.text(max_size=300),
    answers.map(json.dumps),
    anything.map(json.dumps),
    answers.map(lambda answer: json.dumps(answer)[:-3]),
    answers.map(lambda answer: f"```json\n{json.dumps(answer)}\n```"),
)


def verdict_of(strategy: str, said: Iterator[str]) -> tuple[Verdict, SaidChat]:
    """What the graph makes of a model that says these things, one an answer."""
    llm, chat = said_llm(lambda _: next(said), scorer=LengthScorer())
    expert = GeneralExpert(build_ranker(llm, strategy), Fusions(), TieRule(margin=0.5, extra_calls=1))
    experts = Experts(StubDomainExpert(), open_gate(), StubSummarizer(), expert)  # type: ignore[arg-type]
    (verdict,) = build_graph(experts).invoke({"products": [PRODUCT]}, context=Context(top_k=2))["verdicts"]
    return verdict, chat


def check(verdict: Verdict) -> None:
    VALIDATOR.validate(verdict.model_dump(mode="json"))
    assert verdict.category_id in CATEGORIES
    assert {c.category_id for c in verdict.candidates} <= set(CATEGORIES)
    assert (verdict.status == "degraded") == (verdict.error is not None)
    if verdict.reasoning:
        assert set(verdict.reasoning.ranking) <= set(CATEGORIES)


@pytest.mark.parametrize("strategy", EVERY_SHAPE)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(said=st.lists(sayings, min_size=1, max_size=4))
def test_the_category_is_one_of_the_taxonomy(strategy: str, said: list[str]) -> None:
    def repeated() -> Iterator[str]:
        while True:
            yield from said

    check(verdict_of(strategy, repeated())[0])


@pytest.mark.parametrize("strategy", ["zero_shot", "rank", "cot_rank"])
@pytest.mark.parametrize("said", ["", TEN_MB, TEN_MB[:-2], "\x00", "null", "{}", "[]"])
def test_a_useless_answer_degrades_after_one_repair(strategy: str, said: str) -> None:
    verdict, chat = verdict_of(strategy, iter([said, said]))
    check(verdict)
    assert verdict.status == "degraded"
    assert len(chat.asked) == 2
    assert max(len(str(message.content)) for message in chat.asked[1]) < 10_000
