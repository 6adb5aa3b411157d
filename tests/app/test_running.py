import threading
from dataclasses import replace

from agents.case import Case, Deliberation
from app.events import event_lines
from app.running import GraphRunner, counting
from catalog.errors import LLMUnavailable
from catalog.product import Product
from graph.context import Context, Experts
from tests.graph.stubs import StubDomainExpert, StubGeneralExpert, StubSummarizer, open_gate


def _runner(error: Exception | None = None, *, llm: bool = True) -> GraphRunner:
    general = StubGeneralExpert(error) if llm else None
    experts = Experts(StubDomainExpert(), open_gate(), StubSummarizer(), general)
    return GraphRunner.over(experts, Context(), concurrency=2)


def _products(*titles: str) -> list[Product]:
    return [Product(product_id=f"p{i}", title=title) for i, title in enumerate(titles)]


def test_the_final_state_holds_both_experts_answers() -> None:
    counted: list[int] = []
    state = _runner().state(_products("0.9", "0.1", "0.2"), counting(counted.append))
    assert [r.confidence for r in state["recommendations"]] == [0.9, 0.1, 0.2]
    assert [v.status for v in state["verdicts"]] == ["accepted", "deliberated", "deliberated"]
    assert counted == [1, 1]


def test_one_deliberation_at_a_time_is_enough() -> None:
    runner = replace(_runner(), concurrency=1)
    verdicts = runner.verdicts(_products("0.9", "0.1", "0.2"), lambda _: None)
    assert [v.status for v in verdicts] == ["accepted", "deliberated", "deliberated"]


def test_as_many_are_deliberated_at_once_as_allowed() -> None:
    together = threading.Barrier(3)

    class Meeting(StubGeneralExpert):
        def __call__(self, case: Case, *, explain: bool = True) -> Deliberation:
            together.wait(30)
            return super().__call__(case, explain=explain)

    experts = Experts(StubDomainExpert(), open_gate(), StubSummarizer(), Meeting())
    runner = GraphRunner.over(experts, Context(), concurrency=3)
    verdicts = runner.verdicts(_products("0.1", "0.2", "0.3"), lambda _: None)
    assert [v.status for v in verdicts] == ["deliberated"] * 3


def test_without_a_general_expert_the_unsure_go_to_review() -> None:
    counted: list[int] = []
    verdicts = _runner(llm=False).verdicts(_products("0.9", "0.1"), counting(counted.append))
    assert [v.status for v in verdicts] == ["accepted", "review"]
    assert counted == []


def test_every_node_says_what_it_did() -> None:
    lines: list[str] = []
    _runner().state(_products("0.1"), lambda update: lines.extend(event_lines(update)))
    assert [line.split(":")[0] for line in lines] == ["recommend", "define", "rank", "check", "decide"]
    assert lines[0] == "recommend: A, confidence 0.100, 3 candidates"
    assert lines[3] == "check: 1 clues stand in the product's text"
    assert lines[4] == "decide: deliberated, B, confidence 0.700"


def test_a_failing_model_is_said_too() -> None:
    lines: list[str] = []
    _runner(LLMUnavailable("no route")).state(_products("0.1"), lambda u: lines.extend(event_lines(u)))
    assert "rank: failed: no route" in lines


def test_an_accepted_product_is_said_to_be() -> None:
    lines: list[str] = []
    _runner().state(_products("0.9"), lambda update: lines.extend(event_lines(update)))
    assert lines[1] == "accept: the gate accepts"
