import pytest
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.case import Candidate, Recommendation
from catalog.product import Product
from graph.context import Context, Experts
from graph.gate import Router
from retrieval.gate import Gate, Opening
from tests.graph.stubs import StubDomainExpert, StubGeneralExpert, open_gate


def grouped(per: str, **limits: float | None) -> Gate:
    groups = {
        name: Opening(threshold=limit, rows=1, coverage=1, accuracy=1, lower_bound=1)
        for name, limit in limits.items()
    }
    return open_gate(threshold=None).model_copy(update={"per": per, "groups": groups})


def router(gate: Gate, general: object = None) -> Router:
    return Router(Experts(StubDomainExpert(), gate, general_expert=general))  # type: ignore[arg-type]


def product(locale: str = "") -> Product:
    return Product(product_id="p", title="t", locale=locale)


def answer(confidence: float, path: str = "Shoes > Boots") -> Recommendation:
    first = Candidate(category_id=path, category_path=path, score=1.0, source="head")
    return Recommendation(candidates=(first,), confidence=confidence)


def test_each_locale_is_held_to_its_own_threshold() -> None:
    chunk = [product("de"), product("fr"), product("fr"), product("it"), product("")]
    sure = router(grouped("locale", de=0.5, fr=0.8, es=0.0)).sure(
        chunk, [answer(0.6), answer(0.6), answer(0.8), answer(1.0), answer(1.0)], Context()
    )
    assert sure == [True, False, True, False, False]


def test_the_department_is_that_of_the_first_candidate() -> None:
    answers = [answer(0.6), answer(0.6, "Toys > Boots"), answer(0.9, "Toys"), answer(1.0, "New > x")]
    sure = router(grouped("department", Shoes=0.5, Toys=0.8)).sure([product()] * 4, answers, Context())
    assert sure == [True, False, True, False]


def test_a_run_with_its_own_threshold_overrides_every_group() -> None:
    sure = router(grouped("locale", de=0.9)).sure(
        [product("de"), product("it")], [answer(0.4), answer(0.3)], Context(threshold=0.4)
    )
    assert sure == [True, False]


@pytest.mark.parametrize("gate", [open_gate(threshold=None), grouped("locale", de=None)])
def test_a_shut_gate_is_sure_of_nothing(gate: Gate) -> None:
    assert router(gate).sure([product("de")], [answer(1.0)], Context()) == [False]


def routes(gate: Gate, general: object, *confidences: float) -> list[object]:
    state = {
        "products": [product("de") for _ in confidences],
        "recommendations": [answer(confidence) for confidence in confidences],
    }
    return list(router(gate, general).route_confidence(state, Runtime(context=Context())))


def test_the_unsure_are_sent_each_on_its_own() -> None:
    found = routes(grouped("locale", de=0.5), StubGeneralExpert(), 0.9, 0.1, 0.5, 0.2)
    assert found[0] == "accept"
    assert all(isinstance(send, Send) and send.node == "deliberate" for send in found[1:])
    assert [send.arg["index"] for send in found[1:]] == [1, 3]
    assert found[1].arg["recommendation"].confidence == 0.1


def test_the_unsure_with_the_same_candidates_follow_each_other() -> None:
    answers = [answer(0.1, "Shoes > Boots"), answer(0.2, "Toys > Boots"), answer(0.3, "Shoes > Boots")]
    state = {"products": [product("de")] * 3, "recommendations": answers}
    gate = grouped("locale", de=0.5)
    found = router(gate, StubGeneralExpert()).route_confidence(state, Runtime(context=Context()))
    sent = [send.arg["index"] for send in found if isinstance(send, Send)]
    assert sorted(sent) == [0, 1, 2]
    assert abs(sent.index(0) - sent.index(2)) == 1


def test_nothing_is_sent_without_a_general_expert() -> None:
    gate = grouped("locale", de=0.5)
    assert routes(gate, None, 0.9, 0.1) == ["accept"]
    assert routes(gate, None, 0.1) == ["decide"]


def test_an_empty_chunk_goes_straight_on() -> None:
    assert routes(open_gate(), StubGeneralExpert()) == ["decide"]
