import asyncio
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator
from langgraph.checkpoint.memory import InMemorySaver

from catalog.errors import LLMUnavailable
from catalog.product import Product
from graph.build import build_graph
from graph.context import Context, Experts
from graph.verdict import verdict_schema
from retrieval.gate import Opening
from tests.graph.stubs import CATEGORIES, StubDomainExpert, StubGeneralExpert, StubSummarizer, open_gate


def products(*confidences):
    return [Product(product_id=f"p{i}", title=str(c)) for i, c in enumerate(confidences)]


def experts(general=None, **gate):
    return Experts(
        StubDomainExpert(),  # type: ignore[arg-type]
        open_gate(**gate),
        StubSummarizer() if general else None,  # type: ignore[arg-type]
        general,
    )


def run(chunk, made, **context):
    return build_graph(made).invoke({"products": chunk}, context=Context(**context))["verdicts"]


def test_sure_products_are_accepted_and_the_others_deliberated_in_order():
    found = run(products(0.95, 0.4, 0.8, 0.1), experts(StubGeneralExpert()))
    assert [v.product_id for v in found] == ["p0", "p1", "p2", "p3"]
    assert [v.status for v in found] == ["accepted", "deliberated", "accepted", "deliberated"]
    assert [v.category_id for v in found] == ["a", "b", "a", "b"]


def test_a_chunk_is_one_call_of_the_domain_expert():
    made = experts(StubGeneralExpert())
    run(products(*[0.9] * 50), made)
    assert made.domain_expert.chunks == [50]


def test_all_sure_never_asks_the_general_expert():
    general = StubGeneralExpert()
    run(products(0.9, 0.99), experts(general))
    assert general.cases == []


def test_without_a_general_expert_the_unsure_go_to_review():
    found = run(products(0.95, 0.4), experts())
    assert [v.status for v in found] == ["accepted", "review"]
    assert found[1].category_id == "a"
    assert found[1].error is None


@pytest.mark.parametrize("error", [LLMUnavailable("down"), RuntimeError("bug"), TimeoutError("slow")])
def test_a_failing_general_expert_degrades_and_never_raises(error):
    found = run(products(0.4, 0.95), experts(StubGeneralExpert(error)))
    assert [v.status for v in found] == ["degraded", "accepted"]
    assert found[0].category_id == "a"
    assert str(error) in found[0].error


def test_definitions_that_cannot_be_had_are_left_out():
    class Broken(StubSummarizer):
        def definitions(self, category_ids, *, progress=None):
            raise OSError("disk")

    general = StubGeneralExpert()
    made = Experts(StubDomainExpert(), open_gate(), Broken(), general)  # type: ignore[arg-type]
    assert run(products(0.4), made)[0].status == "deliberated"
    assert general.cases[0].definitions == ()


def test_unsure_after_deliberation_goes_to_review():
    found = run(products(0.4), experts(StubGeneralExpert(), review_below=0.9))
    assert found[0].status == "review"
    assert found[0].reasoning is not None


def test_each_locale_has_its_own_threshold():
    made = experts(StubGeneralExpert(), threshold=None)
    opening = Opening(threshold=0.5, rows=1, coverage=1, accuracy=1, lower_bound=1)
    gate = made.gate.model_copy(update={"per": "locale", "groups": {"de": opening}})
    chunk = [Product(product_id=locale, title="0.6", locale=locale) for locale in ("de", "fr", "at")]
    found = run(chunk, replace(made, gate=gate))
    assert [v.status for v in found] == ["accepted", "deliberated", "deliberated"]


def test_shut_gate_accepts_nothing():
    found = run(products(0.999), experts(StubGeneralExpert(), threshold=None))
    assert found[0].status == "deliberated"


def test_a_run_may_set_its_own_threshold_and_k():
    found = run(products(0.4), experts(StubGeneralExpert()), threshold=0.3, top_k=2)
    assert found[0].status == "accepted"
    assert len(found[0].candidates) == 2


def test_clues_that_are_no_quotes_are_struck():
    found = run(products(0.4), experts(StubGeneralExpert()))
    assert found[0].reasoning.clues == ("0.4",)
    assert "1 clue(s) struck" in found[0].reasoning.reason


def test_empty_chunk():
    assert run([], experts(StubGeneralExpert())) == []


def test_plain_objects_are_taken_too():
    found = run([{"product_id": "x", "title": "0.9"}], experts())
    assert found[0].product_id == "x"


def test_async_gives_what_sync_gives():
    graph = build_graph(experts(StubGeneralExpert()))
    chunk = products(0.95, 0.4)
    sync = graph.invoke({"products": chunk}, context=Context())["verdicts"]
    found = asyncio.run(graph.ainvoke({"products": chunk}, context=Context()))["verdicts"]
    assert [(v.product_id, v.category_id, v.status) for v in found] == [
        (v.product_id, v.category_id, v.status) for v in sync
    ]


def test_streams_the_events_of_every_node_of_a_case():
    graph = build_graph(experts(StubGeneralExpert()))
    events = graph.stream(
        {"products": products(0.4)}, context=Context(), stream_mode="updates", subgraphs=True
    )
    names = [name for _, update in events for name in update]
    assert [n for n in names if n != "deliberate"] == ["recommend", "define", "rank", "check", "decide"]


def test_every_node_that_worked_has_its_time():
    found = run(products(0.4), experts(StubGeneralExpert()))
    assert set(found[0].latency_ms) == {"recommend", "define", "rank", "check"}


def test_verdicts_fit_the_exported_schema_and_the_taxonomy():
    validator = Draft202012Validator(verdict_schema())
    made = [experts(StubGeneralExpert()), experts(StubGeneralExpert(RuntimeError("x"))), experts()]
    for each in made:
        for verdict in run(products(0.95, 0.4), each):
            validator.validate(verdict.model_dump(mode="json"))
            assert verdict.category_id in CATEGORIES


def test_the_graph_draws_itself():
    drawn = build_graph(experts(StubGeneralExpert())).get_graph(xray=True).draw_mermaid()
    for node in ("recommend", "accept", "define", "rank", "check", "decide"):
        assert node in drawn


@pytest.mark.filterwarnings("ignore:.*unregistered type.*")
def test_a_thread_that_is_run_again_with_other_products_forgets_the_first_ones():
    graph = build_graph(experts(StubGeneralExpert()), checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "t"}}

    def statuses(*confidences):
        chunk = {"products": products(*confidences)}
        found = graph.invoke(chunk, config=thread, context=Context())["verdicts"]
        return [(verdict.status, verdict.category_id) for verdict in found]

    assert statuses(0.95, 0.4) == [("accepted", "a"), ("deliberated", "b")]
    assert statuses(0.4, 0.95) == [("deliberated", "b"), ("accepted", "a")]
    values = graph.get_state(thread).values
    assert list(values["deliberations"]) == [0]
    assert list(values["accepted"]) == [1]
