from pathlib import Path

import jsonschema
import pytest

from app.exits import COULD_NOT_RUN, OK
from tests.conftest import Cli

HOSES = "Garden > Watering > Garden Hoses"


@pytest.fixture
def options(workspace_dir: Path) -> tuple[object, ...]:
    return ("classify", "--workspace", workspace_dir, "--llm", "none", "--device", "cpu")


def test_the_verdict_is_as_its_schema_says(cli: Cli, options: tuple[object, ...]) -> None:
    schema = cli("schema").document
    jsonschema.Draft202012Validator.check_schema(schema)
    outcome = cli(*options, "--title", "Garden hose 20 m", "--product-id", "p9", "--k", 3, "--json")
    assert outcome.code == OK
    jsonschema.validate(outcome.document, schema)
    assert outcome.document["product_id"] == "p9"
    assert outcome.document["category_path"] == HOSES
    assert len(outcome.document["candidates"]) == 3


@pytest.mark.parametrize(("threshold", "status"), [(0, "accepted"), (1, "review")])
def test_the_threshold_can_be_given(
    cli: Cli, options: tuple[object, ...], threshold: int, status: str
) -> None:
    outcome = cli(*options, "--title", "Garden hose 20 m", "--threshold", threshold, "--json")
    assert outcome.document["status"] == status


def test_explaining_tells_the_steps_apart_from_the_result(cli: Cli, options: tuple[object, ...]) -> None:
    outcome = cli(*options, "--title", "Garden hose", "--bullet", "20 m", "--threshold", 0, "--explain")
    assert outcome.stdout.startswith(HOSES)
    for part in ("Candidates", "found by", "Latency"):
        assert part in outcome.stdout
    steps = [line.split(":")[0] for line in outcome.stderr.splitlines()]
    assert [step for step in steps if step in {"recommend", "accept", "decide"}] == [
        "recommend",
        "accept",
        "decide",
    ]


def test_explaining_leaves_json_alone_on_stdout(cli: Cli, options: tuple[object, ...]) -> None:
    outcome = cli(*options, "--title", "Garden hose", "--explain", "--json")
    assert outcome.document["category_path"] == HOSES
    assert "recommend:" in outcome.stderr


@pytest.mark.parametrize("title", ["", "  ", "\u200b"])
def test_a_product_needs_a_title(cli: Cli, title: str) -> None:
    outcome = cli("classify", "--workspace", "w", "--title", title, "--json")
    assert outcome.code == COULD_NOT_RUN
    assert "--title" in outcome.document["error"]["message"]


def test_a_missing_workspace_is_said(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("classify", "--workspace", tmp_path / "w", "--title", "Hose", "--llm", "none")
    assert outcome.code == COULD_NOT_RUN
    assert "does not exist" in outcome.stderr
    assert "dual-expert train" in outcome.stderr


@pytest.mark.slow
def test_the_embedded_language_model_gives_its_grounds(cli: Cli, workspace_copy: Path) -> None:
    options = ("--workspace", workspace_copy, "--llm", "embedded", "--device", "cpu", "--threshold", 1)
    outcome = cli("classify", *options, "--title", "Hose for the dog bed", "--json")
    assert outcome.code == OK
    jsonschema.validate(outcome.document, cli("schema").document)
    assert outcome.document["status"] in {"deliberated", "review"}
    assert outcome.document["error"] is None
    assert outcome.document["reasoning"]["reason"]
    assert outcome.document["model"] == "embedded"
    assert len(outcome.document["definitions"]) == 6
    readable = cli("classify", *options, "--title", "Hose for the dog bed", "--explain")
    for part in ("Reason (embedded, general_expert/likelihood.v", "Definitions:", "check"):
        assert part in readable.stdout
    assert "rank: embedded with" in readable.stderr
