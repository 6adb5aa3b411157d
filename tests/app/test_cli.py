"""Help, errors and exit codes of the whole command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli as module
from app.commands import schema as schema_command
from app.exits import COULD_NOT_RUN, OK
from catalog.errors import WorkspaceError
from tests.conftest import Cli

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "langgraph", "langchain_core", "faiss", "transformers", "sklearn", "pyarrow", "numpy")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from app.cli import run\n"
        "code = run(['--help'])\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'{code} {loaded}' if code or loaded else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "classify" in done.stdout


def test_the_module_runs_as_a_program_and_leaves_with_the_exit_code() -> None:
    command = [sys.executable, "-m", "app", "gate", "--workspace", "nowhere", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == COULD_NOT_RUN
    assert json.loads(done.stdout)["error"]["kind"] == "WorkspaceError"
    assert done.stderr == ""


def test_no_arguments_give_the_help(cli: Cli) -> None:
    outcome = cli()
    assert outcome.code == OK
    assert "train" in outcome.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("train",),
        ("define",),
        ("tune",),
        ("classify",),
        ("batch", "run"),
        ("batch", "status"),
        ("evaluate",),
        ("split",),
        ("recipes",),
        ("gate",),
        ("audit",),
        ("review",),
        ("config",),
        ("schema",),
    ],
)
def test_every_command_has_help_and_json(cli: Cli, command: tuple[str, ...]) -> None:
    outcome = cli(*command, "--help")
    assert outcome.code == OK
    assert "--json" in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("classify", "--title", "x"), "--workspace"),
        (("gate", "--workspace", "w", "--confidence", "7"), "--confidence"),
        (("batch", "run", "c.csv", "--workspace", "w", "--out", "o", "--limit", "0"), "--limit"),
        (("nonsense",), "nonsense"),
        (("schema", "--colour"), "--colour"),
    ],
)
def test_a_bad_option_is_said_and_could_not_run(cli: Cli, arguments: tuple[str, ...], part: str) -> None:
    said = cli(*arguments)
    assert said.code == COULD_NOT_RUN
    assert part in said.stderr
    assert "Fix: " in said.stderr
    assert said.stdout == ""
    problem = cli(*arguments, "--json").document["error"]
    assert part in problem["message"]
    assert problem["fix"]


def test_an_error_says_the_fix(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, WorkspaceError("`w` is [gone].", fix="Bring it back."))
    outcome = cli("schema")
    assert outcome.code == COULD_NOT_RUN
    assert outcome.stderr == "Error: `w` is [gone].\nFix: Bring it back.\n"
    expected = {"message": "`w` is [gone].", "fix": "Bring it back.", "kind": "WorkspaceError"}
    assert cli("schema", "--json").document == {"error": expected}


def test_a_bug_shows_its_traceback_only_when_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, ZeroDivisionError("by nought"))
    short = cli("schema")
    assert short.code == COULD_NOT_RUN
    assert "ZeroDivisionError: by nought" in short.stderr
    assert "Traceback" not in short.stderr
    full = cli("schema", "--debug", "--json")
    assert full.code == COULD_NOT_RUN
    assert "Traceback" in full.stderr
    assert full.document["error"]["kind"] == "ZeroDivisionError"


def test_ctrl_c_could_not_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, KeyboardInterrupt())
    outcome = cli("schema", "--json")
    assert outcome.code == COULD_NOT_RUN
    assert outcome.document["error"]["kind"] == "Interrupted"


def _break(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def schema(output: schema_command.OutputOptions) -> int:
        raise error

    monkeypatch.setattr(module.schema, "schema", schema)
