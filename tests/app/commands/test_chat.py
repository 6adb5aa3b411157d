import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK
from tests.conftest import Cli

ROOT = Path(__file__).parents[3]
BED = "Pet Supplies > Dogs > Dog Beds"
PROMPT = "›"
TITLE = "Orthopaedic dog bed for large breeds, memory foam"


@pytest.fixture
def options(workspace_copy: Path) -> tuple[object, ...]:
    return ("chat", "--workspace", workspace_copy, "--llm", "none", "--device", "cpu", "--k", 3)


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch):
    def pipe(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return pipe


def test_a_script_is_played(cli: Cli, options: tuple[object, ...], say) -> None:
    say(f"{TITLE}\nwhy not Coffee Beans?\nwhat if threshold = 1\nhistory\n")
    outcome = cli(*options)
    assert outcome.code == OK
    for part in (f"› {TITLE}", "recommend", "Dog Beds", "Coffee Beans  lost", "What if threshold = 1"):
        assert part in outcome.stdout, part


def test_json_is_one_object_a_turn(cli: Cli, options: tuple[object, ...], say) -> None:
    say(f'{{"title": "{TITLE}"}}\nwhat if k = 2\n/undo\n/quit\nnever said\n')
    outcome = cli(*options, "--json")
    replies = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [reply["kind"] for reply in replies] == ["outcome", "comparison", "undone", "notice"]
    assert [reply["turn"] for reply in replies] == [1, 2, 3, 0]
    assert replies[0]["outcome"]["verdict"]["category_path"] == BED
    assert len({reply["thread"] for reply in replies}) == 1


def test_a_refused_turn_shows_in_the_exit_code(cli: Cli, options: tuple[object, ...], say) -> None:
    say(f"/bogus\n{TITLE}\n")
    outcome = cli(*options, "--json")
    assert outcome.code == ERROR_ROWS
    kinds = [json.loads(line)["kind"] for line in outcome.stdout.splitlines()]
    assert kinds == ["error", "outcome"]


def test_a_thread_is_reopened(cli: Cli, options: tuple[object, ...], say) -> None:
    say(f"{TITLE}\n")
    thread = json.loads(cli(*options, "--json").stdout)["thread"]
    for name in (thread, "last"):
        say("what if k = 2\n/undo\n")
        outcome = cli(*options, "--thread", name, "--json")
        replies = [json.loads(line) for line in outcome.stdout.splitlines()]
        assert [reply["kind"] for reply in replies] == ["opened", "comparison", "undone"]
        assert replies[0]["opened"]["outcome"]["product"]["title"] == TITLE


def test_products_come_from_the_catalog(
    cli: Cli, options: tuple[object, ...], say, tiny_catalog: Path
) -> None:
    say("/product tiny-03\n/product nope\n")
    outcome = cli(*options, "--catalog", tiny_catalog, "--json")
    first, second = (json.loads(line) for line in outcome.stdout.splitlines())
    assert first["outcome"]["product"]["title"] == TITLE
    assert "tiny_catalog" in second["error"]["message"]


@pytest.mark.parametrize(
    "wrong", [("--thread", "nope"), ("--catalog", "missing.csv"), ("--llm", "?:?"), ("--column", "title")]
)
def test_what_cannot_be_opened_is_said(
    cli: Cli, options: tuple[object, ...], say, wrong: tuple[str, str]
) -> None:
    say("")
    outcome = cli(*options, *wrong, "--json")
    assert outcome.code == COULD_NOT_RUN
    assert outcome.document["error"]["fix"]


class Keyboard:
    """A chat on a terminal of its own."""

    def __init__(self, *arguments: object) -> None:
        self._leader, follower = pty.openpty()
        ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments)],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=environment,
            start_new_session=True,
        )
        os.close(follower)
        self._raw = ""
        self._seen = 0

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode())

    def until(self, wanted: str, seconds: float = 45.0) -> str:
        """What is shown from the last look until `wanted` is, without escape sequences."""
        end = time.monotonic() + seconds
        while (place := self._plain().find(wanted, self._seen)) < 0:
            assert time.monotonic() < end, f"{wanted!r} never came: {self._plain()[-2000:]}"
            self._read()
        begin, self._seen = self._seen, place + len(wanted)
        return self._plain()[begin : self._seen]

    def code(self) -> int:
        """The exit code, once all is shown."""
        end = time.monotonic() + 120.0
        while self._read() and self.process.poll() is None:
            assert time.monotonic() < end, f"it did not end: {self._plain()[-2000:]}"
        return self.process.wait(60)

    def _read(self) -> bool:
        """Whether there may be more to come."""
        ready, _, _ = select.select([self._leader], [], [], 0.2)
        try:
            self._raw += os.read(self._leader, 65536).decode(errors="replace") if ready else ""
        except OSError:  # the other end is closed
            return False
        return True

    def _plain(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\][^\x07]*\x07|\r", "", self._raw)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._leader)


def test_a_terminal_is_driven_by_hand(cli: Cli, options: tuple[object, ...], say) -> None:
    keyboard = Keyboard(*options)
    try:
        keyboard.until("Ctrl-D leaves")
        keyboard.until(PROMPT)
        keyboard.type("/his\t")
        keyboard.until("/history")
        keyboard.type("\x03")  # drops what was typed
        keyboard.until(PROMPT)
        # a paste of several lines is one turn
        keyboard.type(f"\x1b[200~{TITLE}\n- washable\n\x1b[201~\r")
        shown = keyboard.until("trace ")
        assert "recommend" in shown
        assert "washable" in shown
        keyboard.until(PROMPT)
        keyboard.type("why not Coffee Beans?\r")
        keyboard.until("all together")
        keyboard.until(PROMPT)
        keyboard.type("what if threshold = 1\r")
        keyboard.until("taken over: recommend")
        keyboard.until(PROMPT)
        keyboard.type("\x04")
        assert keyboard.code() == OK
    finally:
        keyboard.close()
    say("")
    opened = json.loads(cli(*options, "--thread", "last", "--json").stdout)["opened"]
    assert opened["outcome"]["settings"]["threshold"] == 1.0
    assert opened["thread"]["turns"] == 3
