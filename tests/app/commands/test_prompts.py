"""`dual-expert prompts list | show | diff | new | promote | render`."""

import json
from pathlib import Path

import pytest

from app.exits import COULD_NOT_RUN, OK
from catalog.product import Product
from experiments.cases import labelled_case, write_cases
from tests.conftest import Cli

RANK = "general_expert/cot_rank.v1"


def test_list_says_what_is_released(cli: Cli, tmp_path: Path):
    cli("prompts", "new", RANK, "--prompts", tmp_path, "--note", "mine")
    outcome = cli("prompts", "list", "--prompts", tmp_path, "--json")
    assert outcome.code == OK
    states = {each["prompt"]: each["state"] for each in outcome.document["prompts"]}
    assert states[RANK] == "released"
    assert states["general_expert/cot_rank.v2"] == "own draft"
    assert "cot_rank.v2" in cli("prompts", "list", "--prompts", tmp_path).stdout


def test_a_version_is_made_diffed_promoted_and_then_fixed(cli: Cli, tmp_path: Path):
    made = cli("prompts", "new", RANK, "--prompts", tmp_path, "--note", "other role", "--json").document
    path = Path(made["path"])
    path.write_text(path.read_text("utf-8").replace("a product catalog", "an online shop", 1), "utf-8")
    found = cli("prompts", "diff", RANK, made["prompt"], "--prompts", tmp_path, "--json").document
    assert any(line.startswith("+") and "online shop" in line for line in found["lines"])
    assert found["words_come"] > 0
    assert cli("prompts", "promote", made["prompt"], "--prompts", tmp_path).code == OK
    shown = cli("prompts", "show", "general_expert/cot_rank", "--prompts", tmp_path, "--json").document
    assert (shown["prompt"], shown["state"], shown["parent"]) == (
        made["prompt"],
        "own, released",
        "cot_rank.v1",
    )
    path.write_text(path.read_text("utf-8") + "More.\n", "utf-8")
    outcome = cli("prompts", "show", "general_expert/cot_rank", "--prompts", tmp_path)
    assert outcome.code == COULD_NOT_RUN
    assert "differs from its release" in outcome.stderr
    states = cli("prompts", "list", "--prompts", tmp_path, "--json").document["prompts"]
    assert "edited after release" in [each["state"] for each in states]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "general_expert/rnk"), "Did you mean"),
        (("promote", "general_expert/rank"), "names no version"),
        (("new", RANK, "--note", " "), "has no note"),
    ],
)
def test_what_cannot_be_done_says_why(cli: Cli, tmp_path: Path, arguments: tuple[str, ...], said: str):
    outcome = cli("prompts", *arguments, "--prompts", tmp_path)
    assert outcome.code == COULD_NOT_RUN
    assert said in outcome.stderr


def test_shipped_prompts_are_not_promoted_here(cli: Cli):
    from prompts.files import SHIPPED

    outcome = cli("prompts", "promote", RANK, "--prompts", SHIPPED)
    assert outcome.code == COULD_NOT_RUN
    assert "python -m prompts.manifest" in outcome.stderr


def test_render_shows_exactly_what_is_sent(cli: Cli, workspace_dir: Path, tmp_path: Path):
    product = Product(product_id="x7", title="Garden hose 20 m <b>", brand="Acme", locale="en-US")
    cases = tmp_path / "cases.jsonl"
    write_cases(cases, [labelled_case(product, ["Any > Path"], "test")])
    options = ("--workspace", workspace_dir, "--device", "cpu", "--llm", "openai:any")
    outcome = cli("prompts", "render", "cot_rank", *options, "--cases", cases, "--json")
    assert outcome.code == OK, outcome.stderr
    (request,) = outcome.document["requests"]
    roles = [role for role, _ in request["messages"]]
    assert roles[0] == "system"
    assert "Garden hose 20 m" in request["messages"][-1][1]
    assert "Any > Path" not in json.dumps(request)
    assert request["answer_schema"]["title"] == "Ranking"
    assert outcome.document["tokens"] == request["tokens"] > 100
    assert "estimated" in outcome.document["counted"]
    plain = cli("prompts", "render", "cot_rank", *options, "--title", "Garden hose 20 m")
    assert "[human]" in plain.stdout
    assert "tokens in 1 requests" in plain.stdout


def test_render_shows_what_is_scored(cli: Cli, workspace_dir: Path):
    options = ("--workspace", workspace_dir, "--device", "cpu", "--llm", "openai:any")
    outcome = cli("prompts", "render", "likelihood", *options, "--title", "Garden hose 20 m", "--json")
    assert outcome.code == OK, outcome.stderr
    first = outcome.document["requests"][0]
    assert (first["kind"], first["answer_schema"]) == ("score", None)
    assert "Garden hose 20 m" in first["text"]
    assert len(first["continuations"]) > 1


def test_render_wants_a_product(cli: Cli, workspace_dir: Path):
    outcome = cli("prompts", "render", "rank", "--workspace", workspace_dir)
    assert outcome.code == COULD_NOT_RUN
    assert "--cases FILE" in outcome.stderr
