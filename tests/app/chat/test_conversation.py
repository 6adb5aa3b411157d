import json
from pathlib import Path
from typing import Any

import pytest

from app.chat.commands import FORMS
from app.chat.rendering.replies import parts
from app.chat.replies import Exported, History, Opened, Problem, Threads
from catalog.errors import LLMUnavailable
from tests.app.chat.conftest import BED, HOSES, Opener, World

DOG_BED = "Orthopaedic dog bed for large breeds, memory foam"


def test_a_talk_from_the_first_product_to_the_decision(world: World) -> None:
    talk = world.talk()
    said = [
        DOG_BED,
        "why not Dog Beds?",
        "what if k = 2",
        "undo",
        "accept",
        "save as case",
        f"/edit-definition {BED}: Beds on which dogs sleep.",
        f"/definition {BED}",
        "/reload",
    ]
    replies = [talk.say(text, world.events.append) for text in said]
    assert [reply.kind for reply in replies] == [
        "outcome",
        "contest",
        "comparison",
        "undone",
        "decision",
        "case",
        "definition_edit",
        "definition",
        "notice",
    ]
    assert [reply.turn for reply in replies] == list(range(1, 10))
    history = talk.say("/history").body
    assert isinstance(history, History)
    assert [turn.said for turn in history.turns] == said
    assert [turn.outcome for turn in history.turns] == [1, 1, 2, 1, 1, 1, 1, 1, 1]
    assert all(turn.summary for turn in history.turns)


def test_a_product_comes_from_the_catalog(world: World) -> None:
    reply = world.talk().say("/product tiny-01")
    assert reply.document()["outcome"]["product"]["product_id"] == "tiny-01"
    assert reply.document()["outcome"]["verdict"]["category_path"] == HOSES


@pytest.mark.parametrize(
    "text",
    [
        "/nope",
        "/why-not",
        "why not 1?",
        "what if k = 2",
        "undo",
        "accept",
        "save as case",
        "/show",
        "/show one",
        "/trace",
        "/product missing",
        "/thread missing",
        "/definition Nowhere",
        "/edit-definition Dog Beds",
        "/edit-definition Dog Beds: ",
        "/export /no/such/folder/x.md",
        '{"title":',
        "[]",
        "\x00",
        "\u202e\u200b",
        "What is it?",
        "/ask what?",
        "/why-not \x1b[31mred",
        "/classify " + "x" * 5000,
    ],
)
def test_no_input_ends_a_conversation(world: World, text: str) -> None:
    talk = world.talk()
    reply = talk.say(text)
    assert isinstance(reply.body, Problem)
    assert reply.body.message
    assert reply.body.fix
    json.dumps(reply.document(), allow_nan=False)
    assert talk.say(DOG_BED).kind == "outcome"


def test_a_what_if_that_fails_leaves_the_outcome_alone(deliberating: World) -> None:
    talk = deliberating.talk()
    talk.say(DOG_BED)
    before = talk.session.current

    def unavailable(spec: str) -> Any:
        raise LLMUnavailable(f"{spec!r} is not there.", fix="Name another.")

    deliberating.chats.pool._open = lambda choice: unavailable(choice.llm)  # type: ignore[method-assign]
    assert talk.say("what if model = gone").kind == "error"
    assert talk.session.current == before


def test_a_bug_does_not_cost_the_thread(world: World) -> None:
    talk = world.talk()
    talk.say(DOG_BED)
    world.chats.lookup = lambda _: 1 // 0  # type: ignore[assignment,return-value]
    body = talk.say("/product 1").body
    assert isinstance(body, Problem)
    assert body.error == "ZeroDivisionError"
    assert talk.say("undo").kind == "error"
    assert talk.say("what if k = 2").kind == "comparison"


def test_questions_need_a_language_model_and_nothing_else_does(world: World) -> None:
    talk = world.talk()
    talk.say(DOG_BED)
    refused = talk.say("How sure is it?").body
    assert isinstance(refused, Problem)
    assert "/help" in refused.fix


def test_threads_are_listed_and_reopened(opener: Opener) -> None:
    with opener() as world:
        talk = world.talk()
        talk.say(DOG_BED)
        first = talk.session.thread.thread_id
        talk.say("/new")
        talk.say("Garden hose 20 m")
        listed = talk.say("/threads").body
        assert isinstance(listed, Threads)
        assert [t.title for t in listed.threads] == ["Garden hose 20 m", DOG_BED]
    with opener() as world:
        talk = world.talk(first)
        opened = talk.opened().body
        assert isinstance(opened, Opened)
        assert opened.outcome is not None
        assert opened.outcome.product.title == DOG_BED
        assert not opened.stale
        assert talk.say("what if k = 2").kind == "comparison"


def test_an_empty_thread_is_not_kept(world: World) -> None:
    talk = world.talk()
    talk.say("/help")
    talk.say("/quit")
    assert talk.over
    assert world.chats.threads() == []


@pytest.mark.parametrize("words", ["/export", "export json", "/export md"])
def test_a_thread_is_written_down(world: World, words: str) -> None:
    talk = world.talk()
    talk.say("Dog | bed <b>*bold*</b> [x](y)")
    talk.say("what if k = 2")
    body = talk.say(words).body
    assert isinstance(body, Exported)
    if body.format == "json":
        assert [o["number"] for o in json.loads(body.text)["outcomes"]] == [1, 2]
    else:
        assert "## Outcome 2, from outcome 1: k = 2" in body.text
        assert "Dog \\| bed \\<b>\\*bold\\*\\</b> \\[x\\](y)" in body.text


def test_the_ending_of_a_file_names_the_format(world: World, tmp_path: Path) -> None:
    talk = world.talk()
    talk.say(DOG_BED)
    body = talk.say(f"/export {tmp_path / 'thread.json'}").body
    assert isinstance(body, Exported)
    assert json.loads((tmp_path / "thread.json").read_text("utf-8"))["turns"][0]["said"] == DOG_BED


def test_a_prompt_that_was_edited_is_read_again(opener: Opener, tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    with opener(prompts=folder, llm="rules", threshold=1.0) as world:
        talk = world.talk()
        talk.say(DOG_BED)
        before = world.chats.pool.experts(world.chats.run)
        assert world.chats.pool.experts(world.chats.run) is before
        (folder / "general_expert").mkdir()
        (folder / "general_expert" / "rank.v1.jinja").write_text("changed", "utf-8")
        talk.say("/history")
        assert world.chats.pool.experts(world.chats.run) is not before


def test_every_command_can_be_shown(deliberating: World) -> None:
    talk = deliberating.talk()
    talk.say(DOG_BED)
    arguments = {
        "classify": "Garden hose",
        "product": "tiny-01",
        "why-not": "2",
        "what-if": "k = 2",
        "definition": "1",
        "edit-definition": f"{BED}: Beds on which dogs sleep.",
        "correct": "2",
        "thread": talk.session.thread.thread_id,
        "ask": "who?",
    }
    for form in FORMS:
        reply = talk.say(f"/{form.name} {arguments.get(form.name, '')}")
        assert list(parts(reply.body)), form.name
        json.dumps(reply.document(), allow_nan=False)
