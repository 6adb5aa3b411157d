"""`dual-expert cases` and `prompts compare`, from a catalog to a report, against a scripted server."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, ERROR_ROWS, OK, STOPPED
from catalog.product import Product
from experiments.cases import read_cases
from review.case import Case, Choice
from review.queue import ReviewQueue
from tests.conftest import Cli
from tests.fakes.openai_server import Behaviour, OpenAIServer, RecordedRequest, ok, status

_NUMBER = re.compile(r"^(\d+)\. (.+?)(?::.*)?$", re.MULTILINE)


def answer(request: RecordedRequest) -> Behaviour:
    """Chain of thought names the first candidate, ranking without it the last."""
    text = "\n".join(str(message["content"]) for message in request.body["messages"])
    numbers = [int(number) for number, _ in _NUMBER.findall(text.split("Categories:")[-1]) if int(number)]
    if "clues" in text:
        return ok({"clues": [], "user": "u", "use_case": "c", "ranking": [1], "reason": "the first"})
    return ok({"ranking": [max(numbers)], "reason": "the last"})


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture
def cases(cli: Cli, workspace_dir: Path, tiny_catalog: Path, tiny_split: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    options = ("--workspace", workspace_dir, "--split", tiny_split, "--device", "cpu", "--all")
    outcome = cli("cases", "catalog", tiny_catalog, *options, "--out", path, "--json")
    assert outcome.code == OK, outcome.stderr
    assert outcome.document["cases"] == 24
    return path


@pytest.fixture
def options(server: OpenAIServer, workspace_dir: Path, cases: Path, tmp_path: Path) -> tuple[object, ...]:
    model = ("--llm", "openai:any", "--llm-base-url", server.base_url, "--device", "cpu")
    files = ("--workspace", workspace_dir, "--cases", cases, "--answers", tmp_path / "answers.sqlite")
    return (*model, *files, "--json")


def test_cases_are_the_uncertain_ones_without_their_labels(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tiny_split: Path, tmp_path: Path
):
    path = tmp_path / "uncertain.jsonl"
    options = ("--workspace", workspace_dir, "--split", tiny_split, "--device", "cpu")
    outcome = cli("cases", "catalog", tiny_catalog, *options, "--out", path, "--json")
    if outcome.code == OK:
        found = read_cases(path)
        assert 0 < len(found) < 24
        assert all(case.truth and not case.product.category_paths for case in found)
        assert found[0].origin == "catalog tiny_catalog.csv, validation"
    else:
        assert "holds no row back" in outcome.stdout


def test_training_rows_are_refused(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tiny_split: Path, tmp_path: Path
):
    options = ("--workspace", workspace_dir, "--split", tiny_split, "--part", "train", "--device", "cpu")
    outcome = cli("cases", "catalog", tiny_catalog, *options, "--out", tmp_path / "c.jsonl")
    assert outcome.code == COULD_NOT_RUN
    assert "were trained on" in outcome.stderr


def test_cases_come_from_decisions_and_from_a_chat(cli: Cli, tmp_path: Path):
    queue, out = tmp_path / "review.sqlite", tmp_path / "cases.jsonl"
    choice = Choice(category_id="1", category_path="A > B", score=0.5)
    with ReviewQueue(queue) as opened:
        for number in (1, 2, 3):
            product = Product(product_id=str(number), title="Hose")
            opened.add(
                [
                    Case(
                        run="r", source="batch", product=product, choices=(choice,), confidence=0.5, reason=""
                    )
                ],
                {"1": "A > B", "2": "A > C"},
            )
        assert cli("cases", "review", queue, "--out", out).code == COULD_NOT_RUN
        opened.accept(1, "me")
        opened.correct(2, "A > C", "me")
    assert cli("cases", "review", queue, "--out", out, "--json").document["cases"] == 2
    assert [case.truth for case in read_cases(out)] == [("A > B",), ("A > C",)]
    again = tmp_path / "again.jsonl"
    assert cli("cases", "chat", out, "--out", again).code == OK
    assert read_cases(again) == read_cases(out)


def test_a_plan_asks_nothing(cli: Cli, server: OpenAIServer, options: tuple[object, ...], tmp_path: Path):
    before = len(server.requests)
    outcome = cli("prompts", "compare", "cot_rank", "rank", *options, "--out", tmp_path / "out", "--plan")
    assert outcome.code == OK, outcome.stderr
    assert outcome.document["plan"]["cases"] == 24
    assert (len(server.requests) - before, (tmp_path / "out").exists()) == (0, False)


def test_a_comparison_from_a_to_z(
    cli: Cli, server: OpenAIServer, options: tuple[object, ...], tmp_path: Path
):
    before = len(server.requests)
    compare = ("prompts", "compare", "cot_rank", "rank", *options)
    outcome = cli(*compare, "--out", tmp_path / "one", "--require", "not-worse", "--fail-under", 0.99)
    assert outcome.code == ERROR_ROWS, outcome.stderr
    document = outcome.document
    assert len(server.requests) - before == 48
    assert (document["reused"], document["bought"], document["errors"]) == (0, 48, 0)
    assert [arm["finding"] for arm in document["arms"]] == [None, "worse"]
    assert [check["passed"] for check in document["checks"]] == [False, False]
    assert Path(document["report"]).is_file()
    # The same again costs nothing, in its folder and in another one.
    assert cli(*compare, "--out", tmp_path / "one").code == COULD_NOT_RUN
    assert cli(*compare, "--out", tmp_path / "one", "--resume").document["bought"] == 0
    again = cli(*compare, "--out", tmp_path / "two").document
    assert (again["reused"], again["arms"][1]["standing"]) == (48, document["arms"][1]["standing"])
    # Only what went wrong, and no requirement on that.
    failing = cli(*compare, "--out", tmp_path / "three", "--failing", tmp_path / "one").document
    assert failing["selected"]
    assert failing["arms"][0]["standing"]["share"]["n"] < 25
    refused = cli(*compare, "--out", tmp_path / "x", "--failing", tmp_path / "one", "--require", "better")
    assert refused.code == COULD_NOT_RUN


def test_errors_are_no_wrong_answers(cli: Cli, options: tuple[object, ...], tmp_path: Path):
    def ill(request: RecordedRequest) -> Behaviour:
        text = json.dumps(request.body)
        return status(400) if "clues" not in text else answer(request)

    with OpenAIServer(ill) as server:
        own = ("--llm-base-url", server.base_url, "--out", tmp_path / "out", "--limit", 6)
        outcome = cli("prompts", "compare", "cot_rank", "rank", *options, *own)
    assert outcome.code == ERROR_ROWS, outcome.stderr
    rank = outcome.document["arms"][1]
    assert (rank["standing"]["errors"], rank["standing"]["share"], rank["finding"]) == (
        6,
        None,
        "no difference seen",
    )


def test_max_cost_needs_a_price_and_stops(cli: Cli, options: tuple[object, ...], tmp_path: Path):
    compare = ("prompts", "compare", "cot_rank", "rank", *options, "--max-cost", 0.001)
    refused = cli(*compare, "--out", tmp_path / "none")
    assert refused.code == COULD_NOT_RUN
    assert "There is no price of" in refused.stdout
    prices = tmp_path / "prices.toml"
    prices.write_text('[models."openai:any"]\ninput = 10.0\noutput = 10.0\n')
    outcome = cli(*compare, "--out", tmp_path / "out", "--prices", prices)
    assert outcome.code == STOPPED, outcome.stderr
    assert 0 < outcome.document["bought"] < 48
    whole = cli(*compare[:-2], "--out", tmp_path / "out", "--prices", prices, "--resume")
    assert (whole.code, whole.document["reused"]) == (OK, outcome.document["bought"])


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_comparison_resumes_without_paying_twice(
    cli: Cli, options: tuple[object, ...], tmp_path: Path, how: signal.Signals
):
    """Every request that was answered before the kill is asked once; at most those in flight twice."""

    def slowly(request: RecordedRequest) -> Behaviour:
        time.sleep(0.2)
        return answer(request)

    with OpenAIServer(slowly) as server, (tmp_path / "said").open("w") as said:
        own = ("--llm-base-url", server.base_url, "--out", tmp_path / "out")
        command = ["prompts", "compare", "cot_rank", "rank", *options, *own]
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, command)],
            env={**os.environ, "DUAL_EXPERT_LLM_CONCURRENCY": "2"},
            stdout=said,
        )
        while len(server.requests) < 12:
            assert process.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.02)
        process.send_signal(how)
        code = process.wait()
        before = len(server.requests)
        outcome = cli(*command, "--resume")
        assert outcome.code == OK, outcome.stderr
        assert code == (-signal.SIGKILL if how is signal.SIGKILL else STOPPED)
        in_flight = 2 if how is signal.SIGKILL else 0
        assert outcome.document["reused"] >= before - in_flight
        assert len(server.requests) <= 48 + in_flight


def suggesting(request: RecordedRequest) -> Behaviour:
    """A model that ranks right once its prompt says `primary expert`; it proposes just that, then harm."""
    text = "\n".join(str(message["content"]) for message in request.body["messages"])
    if "You improve the prompt" in text:
        find, put = (
            ("general expert", "primary expert")
            if "primary expert" not in text
            else ("primary expert", "clerk")
        )
        edits = [{"find": find, "replace": put}]
        return ok({"diagnosis": "d", "note": f"call it {put}", "edits": edits})
    right = "primary expert" in text
    ranking = [1] if right else [2]
    return ok({"clues": [], "user": "u", "use_case": "c", "ranking": ranking, "reason": "r"})


def test_suggestions_are_kept_only_when_they_win(
    cli: Cli, options: tuple[object, ...], cases: Path, tmp_path: Path
):
    own = tmp_path / "own"
    with OpenAIServer(suggesting) as server:
        model = ("--llm-base-url", server.base_url, "--prompts", own, "--rounds", 2)
        outcome = cli("prompts", "suggest", "general_expert/cot_rank.v1", *options, *model)
    assert outcome.code == OK, outcome.stderr
    document = outcome.document
    kept = [attempt["kept"] for attempt in document["attempts"]]
    assert kept[0] is True
    assert kept[1:] in ([], [False])
    assert document["best"] == "general_expert/cot_rank.v2"
    assert [path.name for path in own.rglob("*.jinja")] == ["cot_rank.v2.jinja"]
