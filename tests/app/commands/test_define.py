import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK, STOPPED
from retrieval.workspace import DEFINITIONS
from tests.conftest import Cli
from tests.fakes.openai_server import Behaviour, OpenAIServer, RecordedRequest, ok, status

HOSES = "Garden > Watering > Garden Hoses"
BEDS = "Pet Supplies > Dogs > Dog Beds"
OPTIONS = ("--llm", "none", "--device", "cpu")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def defined(cli: Cli, workspace_copy: Path) -> Path:
    """A workspace whose six categories are defined."""
    assert cli("define", "--workspace", workspace_copy, *OPTIONS).code == OK
    return workspace_copy


def test_all_categories_are_written_once(cli: Cli, workspace_copy: Path) -> None:
    first = cli("define", "--workspace", workspace_copy, *OPTIONS, "--json")
    assert first.code == OK
    names = ("wanted", "written", "proposed", "kept", "extractive", "unanswered", "stopped")
    assert [first.document[name] for name in names] == [6, 6, 0, 0, 6, 0, False]
    assert first.document["place"] == str(workspace_copy / DEFINITIONS)
    again = cli("define", "--workspace", workspace_copy, *OPTIONS, "--json").document
    assert (again["written"], again["kept"]) == (0, 6)
    assert again["definitions"] == first.document["definitions"]
    fresh = cli("define", "--workspace", workspace_copy, *OPTIONS, "--refresh", "--json").document
    assert fresh["written"] == 6
    assert {d["version"] for d in fresh["definitions"]} == {2}


def test_a_single_category_shows_its_text_and_evidence(cli: Cli, workspace_copy: Path) -> None:
    outcome = cli("define", "--workspace", workspace_copy, *OPTIONS, "--category", HOSES)
    assert outcome.code == OK
    assert "1 of 1 definitions: 1 written" in outcome.stdout
    for part in (f"\n{HOSES}\n", "Terms: hose", "Written from:", "Told apart from:"):
        assert part in outcome.stdout


def test_an_unknown_category_is_said(cli: Cli, workspace_copy: Path) -> None:
    for action in ((), ("--show",), ("--approve",), ("--edit", "Strong ropes for boats.")):
        chosen = ("--workspace", workspace_copy, *OPTIONS, *action, "--category", "Boats > Ropes")
        outcome = cli("define", *chosen)
        assert outcome.code == COULD_NOT_RUN
        assert "'Boats > Ropes' is not in the taxonomy" in outcome.stderr


def test_categories_without_an_answer_are_tried_again(cli: Cli, workspace_copy: Path) -> None:
    with OpenAIServer([status(401)]) as server:
        options = ("--llm", "fake", "--llm-base-url", server.base_url, "--device", "cpu", "--json")
        for _ in range(2):
            outcome = cli("define", "--workspace", workspace_copy, *options)
            assert outcome.code == ERROR_ROWS
            assert (outcome.document["written"], outcome.document["unanswered"]) == (0, 6)


def test_what_stands_is_shown_without_a_model(cli: Cli, defined: Path) -> None:
    every = cli("define", "--workspace", defined, "--show")
    assert every.code == OK
    assert f"{HOSES} (v1 extractive, draft): Garden Hoses: hose" in every.stdout
    assert "6 definitions, 0 of them with a proposal." in every.stdout
    one = cli("define", "--workspace", defined, "--show", "--category", HOSES)
    for part in ("v1 extractive, draft, in use", "Written from:", "Told apart from:"):
        assert part in one.stdout


def test_an_approved_definition_stays_in_use_until_a_person_decides(cli: Cli, defined: Path) -> None:
    hoses = ("--workspace", defined, "--category", HOSES, "--json")
    approved = cli("define", *hoses, "--approve", "--reviewer", "Ann").document["definitions"][0]
    assert (approved["versions"][0]["status"], approved["versions"][0]["reviewer"]) == ("approved", "Ann")
    rewritten = cli("define", *hoses, *OPTIONS, "--refresh").document
    assert (rewritten["written"], rewritten["proposed"]) == (0, 1)
    assert rewritten["definitions"][0]["version"] == 1
    shown = cli("define", *hoses, "--show").document["definitions"][0]
    assert (shown["in_use"], shown["proposal"], len(shown["versions"])) == (1, 2, 2)
    told = cli("define", *hoses[:-1], "--show").stdout
    assert "v2 extractive, draft, waits for a decision" in told
    taken = cli("define", *hoses, "--approve", "--reviewer", "Bob").document["definitions"][0]
    assert (taken["in_use"], taken["proposal"]) == (2, None)
    back = cli("define", *hoses, "--approve", "--version", "1").document["definitions"][0]
    assert back["in_use"] == 1


def test_an_edit_is_what_the_graph_uses(cli: Cli, defined: Path) -> None:
    text = "Flexible tubes that carry water to plants."
    edited = cli("define", "--workspace", defined, "--category", HOSES, "--edit", text, "--reviewer", "Ann")
    assert "v2 person, edited by Ann, in use" in edited.stdout
    again = cli("define", "--workspace", defined, *OPTIONS, "--json").document
    assert (again["kept"], again["written"]) == (6, 0)
    assert text in [d["text"] for d in again["definitions"]]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--approve",), "`--approve` names no category"),
        (("--edit", "x"), "`--edit` is for one category"),
        (("--edit", "x", "--category", HOSES, "--category", BEDS), "`--edit` is for one category"),
        (("--show", "--approve", "--category", HOSES), "--show and --approve cannot be done at once"),
        (("--show", "--refresh"), "--show and --refresh cannot be done at once"),
        (("--version", "1"), "`--version` is for one category"),
        (("--import", "x.csv", "--category", HOSES), "`--import` names its categories itself"),
        (("--edit", " ", "--category", HOSES), "A definition of 0 characters"),
        (("--approve", "--version", "7", "--category", HOSES), "no definition of version 7"),
        (("--export", "x.xlsx"), "has an extension that is not written"),
    ],
)
def test_what_makes_no_sense_is_refused(
    cli: Cli, defined: Path, options: tuple[str, ...], problem: str
) -> None:
    outcome = cli("define", "--workspace", defined, *options)
    assert outcome.code == COULD_NOT_RUN
    assert problem in outcome.stderr
    assert "Fix:" in outcome.stderr


@pytest.mark.parametrize("name", ["definitions.csv", "definitions.jsonl"])
def test_an_edited_export_is_taken_over(cli: Cli, defined: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    where = ("--workspace", defined, "--json")
    assert cli("define", *where, "--export", file).document["rows"] == 6
    file.write_text(
        file.read_text("utf-8").replace("Garden Hoses: hose", "Garden Hoses, tubes, hose"), "utf-8"
    )
    done = cli("define", *where, "--import", file, "--reviewer", "Ann")
    assert done.code == OK
    assert done.document == {"edited": 1, "approved": 0, "unchanged": 5, "errors": []}
    shown = cli("define", *where, "--show", "--category", HOSES).document["definitions"][0]
    assert shown["versions"][1]["text"].startswith("Garden Hoses, tubes, hose")
    assert shown["versions"][1]["reviewer"] == "Ann"


def test_rows_that_cannot_be_taken_over_do_not_lose_the_others(
    cli: Cli, defined: Path, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f"category_path,text\n{HOSES},Tubes for water in gardens.\nBoats,No.\n{BEDS},\n", "utf-8")
    done = cli("define", "--workspace", defined, "--import", file, "--json")
    assert done.code == ERROR_ROWS
    assert done.document["edited"] == 1
    assert [error.split(":")[0] for error in done.document["errors"]] == ["line 3", "line 4"]


def test_definitions_may_lie_elsewhere(cli: Cli, workspace_copy: Path, tmp_path: Path) -> None:
    place = tmp_path / "shop" / "texts.sqlite"
    (workspace_copy / DEFINITIONS).unlink(missing_ok=True)  # of another test of the shared workspace
    where = ("--workspace", workspace_copy, "--definitions", place)
    assert cli("define", *where, *OPTIONS, "--json").document["place"] == str(place)
    assert not (workspace_copy / DEFINITIONS).exists()
    assert len(cli("define", *where, "--show", "--json").document["definitions"]) == 6


def test_a_damaged_store_is_an_error_that_says_what_to_do(cli: Cli, defined: Path) -> None:
    (defined / DEFINITIONS).write_bytes(b"damaged" * 1000)
    for action in (OPTIONS, ("--show",)):
        outcome = cli("define", "--workspace", defined, *action)
        assert outcome.code == COULD_NOT_RUN
        assert "cannot be used" in outcome.stderr
        assert "Put back a copy" in outcome.stderr


def _held_after(answers: int, server_open: threading.Event) -> Callable[[RecordedRequest], Behaviour]:
    """A model that answers so many requests and lets the next wait until it is opened."""
    count = itertools.count(1)

    def script(request: RecordedRequest) -> Behaviour:
        number = next(count)

        def behave(handler: Any, asked: RecordedRequest) -> None:
            while number > answers and not (server_open.is_set() or handler.stopping.is_set()):
                time.sleep(0.01)
            ok({"belongs": "Things that nobody knows anything of at all.", "not_here": []})(handler, asked)

        return behave

    return script


@contextmanager
def _interrupted(workspace: Path, number: signal.Signals) -> Iterator[tuple[OpenAIServer, int, str]]:
    """A run that got the signal while its fourth request was under way: the server, its exit code and what it
    said. The server answers at once from then on."""
    opened = threading.Event()
    with OpenAIServer(_held_after(3, opened)) as server:
        command = [sys.executable, "-m", "app", "define", "--workspace", str(workspace), "--device", "cpu"]
        model = ["--llm", "fake", "--llm-base-url", server.base_url, "--json"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DUAL_EXPERT_LLM_CONCURRENCY": "1"}
        process = subprocess.Popen(
            [*command, *model], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while len(server.requests) < 4:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        threading.Timer(2.0, opened.set).start()
        said, _ = process.communicate(timeout=120)
        opened.set()
        yield server, process.returncode, said


def _rest(cli: Cli, workspace: Path, server: OpenAIServer) -> tuple[int, int, int]:
    """The same again: definitions kept and written, and requests that it took."""
    before = len(server.requests)
    options = ("--llm", "fake", "--llm-base-url", server.base_url, "--device", "cpu", "--json")
    document = cli("define", "--workspace", workspace, *options).document
    return document["kept"], document["written"], len(server.requests) - before


def test_killed_it_goes_on_and_pays_for_nothing_twice(cli: Cli, workspace_copy: Path) -> None:
    with _interrupted(workspace_copy, signal.SIGKILL) as (server, code, _):
        assert code == -signal.SIGKILL
        assert _rest(cli, workspace_copy, server) == (3, 3, 3)


@pytest.mark.slow
def test_stopped_it_keeps_what_was_under_way(cli: Cli, workspace_copy: Path) -> None:
    with _interrupted(workspace_copy, signal.SIGTERM) as (server, code, said):
        document = json.loads(said)
        reached = len(document["definitions"])
        assert (code, document["stopped"]) == (STOPPED, True)
        assert 4 <= reached < 6
        assert _rest(cli, workspace_copy, server) == (reached, 6 - reached, 6 - reached)
