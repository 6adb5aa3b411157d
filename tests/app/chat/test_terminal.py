from collections.abc import Iterator
from typing import Any

import pytest

from app.chat.runs import Listener
from app.chat.terminal import Terminal, stoppable
from tests.app.chat.conftest import World


def test_ctrl_c_ends_the_turn_and_not_the_chat(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = world.talk()
    say = talk.say

    def interrupted(text: str, listen: Listener = lambda _: None) -> Any:
        if text == "slow":
            raise KeyboardInterrupt
        return say(text, listen)

    monkeypatch.setattr(talk, "say", interrupted)
    stoppable(talk, Terminal(), iter(["Dog bed", "slow", "undo", "/quit", "never"]))
    assert "Stopped." in capsys.readouterr().out
    assert [turn.said for turn in talk.session.turns()] == ["Dog bed", "undo"]


def test_nodes_appear_before_the_reply(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().turn(world.talk(), "Orthopaedic dog bed for large breeds, memory foam")
    lines = capsys.readouterr().out.splitlines()
    nodes = [line.split()[0] for line in _until(lines, "product")][:-1]
    assert nodes == ["recommend", "accept", "decide"]


def _until(lines: list[str], word: str) -> Iterator[str]:
    """Lines above the one that begins with a word."""
    for line in lines:
        if line.startswith(word):
            return
        yield line
