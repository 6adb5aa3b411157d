from pathlib import Path

import pytest

from app.chat.changes import read_change
from app.chat.decisions import accept, decide, save_case
from app.chat.paste import read_product
from app.chat.session import Session
from catalog.errors import CatalogError, SettingsError, TaxonomyError
from experiments.cases import labelled_case, read_cases
from retrieval.gate import Gate
from retrieval.workspace import GATE, write_json
from review.queue import ReviewQueue
from tests.app.chat.conftest import BED, COFFEE, HOSES, Opener, World

DOG_BED = read_product("Orthopaedic dog bed for large breeds, memory foam", "p1")


def test_an_outcome_holds_the_decision_and_its_grounds(world: World) -> None:
    outcome = world.session.classify(DOG_BED, world.events.append)
    assert outcome.verdict.category_path == BED
    assert outcome.gate.confidence == outcome.verdict.confidence
    assert "right" in outcome.gate.promise
    assert len(outcome.verdict.candidates) == 3
    assert outcome.neighbours[0].category_path == BED
    assert [s.node for s in outcome.steps] == world.nodes
    assert outcome.trace_id == f"{outcome.trace.thread}@{outcome.trace.final}"


def test_a_deliberation_brings_reasoning_definitions_and_tokens(deliberating: World) -> None:
    outcome = deliberating.session.classify(DOG_BED, deliberating.events.append)
    assert deliberating.nodes == ["recommend", "define", "rank", "check", "decide"]
    assert outcome.verdict.status == "deliberated"
    assert outcome.verdict.reasoning is not None
    assert outcome.verdict.reasoning.clues == ("Orthopaedic",)
    (ranked,) = (step for step in outcome.steps if step.node == "rank")
    assert (ranked.tokens_in, ranked.tokens_out) == (10, 5)
    assert ranked.cost is None  # nobody has a price for rules


def test_a_node_that_ran_twice_is_one_step(deliberating: World) -> None:
    session = deliberating.session
    session.classify(DOG_BED)
    compared = session.what_if(read_change("model = hard-to-please", ""), deliberating.events.append)
    nodes = deliberating.nodes
    assert nodes == ["define", "rank", "widen", "define", "rank", "check", "decide"]
    assert list(compared.ran) == list(dict.fromkeys(nodes))
    assert "none_fits" in compared.after.verdict.flags
    tokens = {step.node: step.tokens_in for step in compared.after.steps}
    assert tokens["rank"] == compared.after.verdict.tokens_in == 20


@pytest.mark.parametrize(
    ("change", "nodes", "passes"),
    [
        ("threshold = 0", ["accept", "decide"], 0),
        ("model = other-rules", ["define", "rank", "check", "decide"], 0),
        ("prompt = v2", ["define", "rank", "check", "decide"], 0),
        ("k = 2", ["recommend", "define", "rank", "check", "decide"], 1),
        ("title = Garden hose 20 m", ["recommend", "define", "rank", "check", "decide"], 1),
        ("locale = de-DE, threshold = 0", ["recommend", "accept", "decide"], 1),
    ],
)
def test_only_what_follows_a_change_runs_again(
    deliberating: World, change: str, nodes: list[str], passes: int
) -> None:
    session = deliberating.session
    session.classify(DOG_BED)
    before, deliberating.encoder.calls = session.current, 0
    compared = session.what_if(read_change(change, session.prompt), deliberating.events.append)
    assert deliberating.encoder.calls == passes
    assert deliberating.nodes == nodes == list(compared.ran)
    assert compared.before == before
    assert session.current == compared.after
    assert compared.kept == (() if passes else ("recommend",))


def test_a_fork_leaves_the_outcome_it_came_from_alone(deliberating: World) -> None:
    session = deliberating.session
    first = session.classify(DOG_BED)
    second = session.what_if(read_change("threshold = 0", "")).after
    third = session.what_if(read_change("title = Garden hose, threshold = gate", "")).after
    assert (second.verdict.status, second.verdict.category_path) == ("accepted", BED)
    assert third.product.title == "Garden hose"
    assert session.outcome(1) == first
    again = session.chats.storage.checkpointer.get_tuple(
        {"configurable": {"thread_id": first.trace.thread, "checkpoint_id": first.trace.final}}
    )
    assert again is not None
    assert again.checkpoint["channel_values"]["verdicts"] == [first.verdict]


def test_a_change_to_what_holds_already_is_refused(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    with pytest.raises(SettingsError, match="holds already"):
        session.what_if(read_change("k = 3", ""))


def test_a_prompt_needs_a_general_expert(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    with pytest.raises(SettingsError, match="general expert"):
        session.what_if(read_change("prompt = general_expert/rank.v1", ""))


def test_why_not_shows_where_a_category_lost(world: World) -> None:
    session = world.session
    outcome = session.classify(DOG_BED)
    contest = session.why_not("Coffee Beans")
    assert contest.stage in ("recall", "score")
    assert contest.asked.category_path == COFFEE
    assert contest.asked.place > contest.winner.place == 1
    assert contest.asked.score < contest.winner.score
    assert contest.outcome is None
    assert "the gate was sure" in contest.reason
    for opinion in contest.opinions:
        assert (opinion.rank or 99) > (opinion.winner_rank or 0)
    assert session.current == outcome


def test_a_category_that_nobody_recalled_lost_at_recall(opener: Opener) -> None:
    with opener(top_k=1) as world:
        session = world.session
        session.classify(DOG_BED)
        contest = session.why_not(COFFEE)
    assert contest.stage == "recall"
    assert not any(opinion.recalled for opinion in contest.opinions)


def test_the_answer_did_not_lose(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    assert session.why_not("1").stage == "won"


def test_why_not_puts_the_category_before_the_general_expert(deliberating: World) -> None:
    session = deliberating.session
    outcome = session.classify(DOG_BED)
    shown = {c.category_path for c in outcome.verdict.candidates}
    absent = next(p for p in session.chats.categories.values() if p not in shown)
    contest = session.why_not(absent, deliberating.events.append)
    assert contest.outcome is not None
    assert absent in {c.category_path for c in contest.outcome.verdict.candidates}
    assert "recommend" not in deliberating.nodes
    assert session.current == outcome


def test_a_candidate_that_was_ranked_is_not_ranked_again(deliberating: World) -> None:
    session = deliberating.session
    outcome = session.classify(DOG_BED)
    contest = session.why_not(BED, deliberating.events.append)
    assert (contest.stage, contest.outcome) == ("rank", outcome)
    assert deliberating.nodes == []


def test_an_unknown_category_is_answered_with_those_meant(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    with pytest.raises(TaxonomyError, match="Dog Beds"):
        session.why_not("Dog Bedz")


def test_undo_goes_back_step_by_step(world: World) -> None:
    session = world.session
    first = session.classify(DOG_BED)
    second = session.what_if(read_change("k = 2", "")).after
    session.what_if(read_change("title = Garden hose", ""))
    assert session.undo() == second
    assert session.undo() == first
    with pytest.raises(SettingsError, match="nothing to undo"):
        session.undo()


def test_an_edited_definition_is_used_and_undone(deliberating: World) -> None:
    session = deliberating.session
    session.classify(DOG_BED)
    session.edit_definition(BED, "Beds for dogs of all sizes to lie on.")
    edit = session.edit_definition("Dog Beds", "Cushions on which dogs sleep at home.")
    assert edit.before is not None
    assert edit.after.version == edit.before.version + 1
    assert edit.comparison is not None
    assert edit.comparison.ran == ("define", "rank", "check", "decide")
    assert session.definition(BED).text == "Cushions on which dogs sleep at home."
    session.undo()
    assert session.definition(BED).text == edit.before.text


def test_without_a_deliberation_an_edit_runs_nothing(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    assert session.edit_definition(BED, "Beds for dogs of all sizes to lie on.").comparison is None


def test_a_missing_definition_is_said(world: World) -> None:
    with pytest.raises(SettingsError, match="no definition yet"):
        world.session.definition(HOSES)


def test_decisions_go_to_the_review_queue(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    session.what_if(read_change("title = Dog bed, blue", ""))
    assert accept(session).status == "accepted"
    session.undo()
    corrected = decide(session, HOSES)
    with ReviewQueue(Path(corrected.queue), must_exist=True) as queue:
        entries = queue.entries()
    assert [e.status for e in entries] == ["accepted", "corrected"]
    assert entries[1].chosen_path == HOSES
    assert {e.reviewer for e in entries} == {"Ann"}
    # a decision is about the product as it was given, not as a what-if changed it
    assert {e.case.product.title for e in entries} == {DOG_BED.title}
    assert session.thread.thread_id in entries[0].case.run


def test_a_decision_is_taken_once(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    accept(session)
    with pytest.raises(SettingsError, match="before"):
        decide(session, HOSES)


def test_saved_cases_are_what_prompts_are_compared_on(world: World) -> None:
    session = world.session
    session.classify(read_product("Garden hose 20 m", "p2"))
    save_case(session, HOSES)
    session.classify(DOG_BED.model_copy(update={"category_paths": (HOSES,)}))
    save_case(session, HOSES)
    saved = save_case(session, BED)  # another opinion on the same product
    assert read_cases(Path(saved.file)) == [
        labelled_case(read_product("Garden hose 20 m", "p2"), [HOSES], _origin(session, 1)),
        labelled_case(DOG_BED, [BED], _origin(session, 2)),
    ]


def test_a_file_of_something_else_is_left_alone(world: World) -> None:
    session = world.session
    session.classify(DOG_BED)
    cases = session.chats.files.cases
    cases.write_text("my notes\n", "utf-8")
    with pytest.raises(CatalogError, match="no case"):
        save_case(session, BED)
    assert cases.read_text("utf-8") == "my notes\n"


def _origin(session: Session, outcome: int) -> str:
    return f"chat {session.thread.thread_id}, outcome {outcome}"


def test_a_thread_is_reopened_by_another_process(opener: Opener) -> None:
    with opener(llm="rules", threshold=1.0) as world:
        session = world.session
        session.classify(DOG_BED)
        left = session.what_if(read_change("model = other-rules", session.prompt)).after
    with opener(llm="rules", threshold=1.0) as world:
        session = world.chats.reopen(session.thread.thread_id)
        assert session.current == left
        compared = session.what_if(read_change("threshold = 0", ""), world.events.append)
        assert world.encoder.calls == 0
        assert compared.ran == ("accept", "decide")
        assert world.chats.last() == session.thread.thread_id


def test_a_thread_of_another_workspace_starts_over(opener: Opener, workspace_copy: Path) -> None:
    with opener() as world:
        session = world.session
        session.classify(DOG_BED)
    gate = Gate.model_validate_json((workspace_copy / GATE).read_text("utf-8"))
    write_json(workspace_copy / GATE, gate.model_copy(update={"threshold": 0.123}))
    with opener() as world:
        session = world.chats.reopen(session.thread.thread_id)
        assert session.stale
        compared = session.what_if(read_change("threshold = 0.2", ""))
        assert "recommend" in compared.ran


def test_an_unknown_thread_is_said(world: World) -> None:
    with pytest.raises(SettingsError, match="no thread"):
        world.chats.reopen("nope")
    with pytest.raises(SettingsError, match="no threads yet"):
        world.chats.last()
