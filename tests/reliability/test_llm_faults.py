"""Whatever the language model does, a product gets a category of the taxonomy."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.llm.factory import build_llm
from catalog.product import Product
from graph.build import build_graph
from graph.context import Context
from graph.open import Opening, open_experts
from graph.verdict import verdict_schema
from tests.fakes.openai_server import OpenAIServer, empty, hang, huge, ok, reset, status, text, truncated

PRODUCTS = [Product(product_id=f"p{i}", title=t) for i, t in enumerate(("Yoga mat 6 mm", "Dog bed, grey"))]
GOOD = {"clues": ["mat"], "user": "u", "use_case": "c", "ranking": [2, 1], "reason": "r"}

FAULTS = {
    "garbage": text("I would say it is the second one, surely."),
    "truncated JSON": truncated('{"clues": ["mat"], "user": "yog'),
    "empty": empty(),
    "wrong numbers": ok(GOOD | {"ranking": [99, 0]}),
    "duplicate numbers": ok(GOOD | {"ranking": [1, 1]}),
    "a label of its own": ok(GOOD | {"ranking": ["Sports > Invented"]}),
    "extra keys": ok(GOOD | {"category": "Invented"}),
    "500": status(500),
    "429": status(429, retry_after="0"),
    "401": status(401),
    "reset": reset(),
    "hang": hang(),
    "10 MB": huge(10_000_000),
}


@pytest.fixture(scope="module")
def graph_of(workspace_dir):
    """Graph over the small workspace, with a general expert behind a URL; everything is uncertain."""

    def build(url):
        llm = build_llm("any", base_url=url, timeout_s=0.5, max_retries=1)
        return build_graph(open_experts(Opening(workspace_dir, llm=llm, device="cpu")))

    return build


def classify(graph):
    found = graph.invoke({"products": PRODUCTS}, context=Context(threshold=1.0))["verdicts"]
    assert [v.product_id for v in found] == ["p0", "p1"]
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_degrades_to_the_domain_experts_category(graph_of, workspace_dir, fault):
    taxonomy = json.loads((workspace_dir / "taxonomy.json").read_text("utf-8"))["categories"]
    known = {c["category_path"] for c in taxonomy}
    with OpenAIServer(lambda request: FAULTS[fault]) as server:
        found = classify(graph_of(server.base_url))
    for verdict in found:
        Draft202012Validator(verdict_schema()).validate(verdict.model_dump(mode="json"))
        assert verdict.status == "degraded"
        assert verdict.category_path in known
        assert verdict.error
        assert verdict.reasoning is None


def test_a_server_that_is_down_degrades(graph_of):
    with OpenAIServer([]) as server:
        url = server.base_url
    assert {v.status for v in classify(graph_of(url))} == {"degraded"}


def test_a_good_answer_deliberates(graph_of):
    with OpenAIServer(lambda request: ok(GOOD)) as server:
        found = classify(graph_of(server.base_url))
    for verdict in found:
        assert verdict.status in ("deliberated", "review")
        assert verdict.error is None
        assert sorted(verdict.reasoning.ranking) == sorted(c.category_id for c in verdict.candidates)
        assert verdict.prompt == "general_expert/cot_rank.v1"
        assert verdict.tokens_in > 0
    assert found[0].reasoning.clues == ("mat",)
    assert found[1].reasoning.clues == ()  # "mat" does not stand in the dog bed's text


def test_one_bad_answer_is_repaired(graph_of):
    answers = {}

    def once_bad(request):
        key = request.body["messages"][-1]["content"] if len(request.body["messages"]) == 2 else None
        answers[key] = answers.get(key, 0) + 1
        return text("nonsense") if key else ok(GOOD)

    with OpenAIServer(once_bad) as server:
        found = classify(graph_of(server.base_url))
    assert {v.error for v in found} == {None}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=200), st.recursive(st.integers() | st.text(max_size=20), st.lists).map(json.dumps)
    )
)
def test_whatever_it_says_the_category_is_one_of_the_taxonomy(graph_of, workspace_dir, said):
    taxonomy = json.loads((workspace_dir / "taxonomy.json").read_text("utf-8"))["categories"]
    with OpenAIServer(lambda request: text(said)) as server:
        found = classify(graph_of(server.base_url))
    assert {v.category_id for v in found} <= {c["category_id"] for c in taxonomy}
