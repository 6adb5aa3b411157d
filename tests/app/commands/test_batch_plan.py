"""`batch plan` against what the run then takes, with a server that answers by script."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.domain_expert import DomainExpert
from agents.likelihood import CONTENT_FREE
from app.exits import COULD_NOT_RUN, OK
from catalog.product import Row
from catalog.reader import read_catalog
from retrieval.workspace import DEFINITIONS, Workspace
from tests.conftest import Cli
from tests.fakes.openai_server import OpenAIServer, ok

GOOD = {"clues": ["a"], "user": "u", "use_case": "c", "ranking": [1], "reason": "r"}
DRAFT = {
    "belongs": "Goods that people buy for this purpose, whatever they are made of.",
    "not_here": [],
}
PRICES = '[models."fake"]\ninput = 1000.0\noutput = 0.0\n'


def script(request: Any) -> Any:
    """Rankings, and definitions where the schema asks for one."""
    return ok(DRAFT if "DefinitionDraft" in json.dumps(request.body.get("response_format", {})) else GOOD)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(PRICES, "utf-8")
    return path


def options(workspace: Path, url: str, prices: Path) -> tuple[object, ...]:
    model = ("--llm", "fake", "--llm-base-url", url, "--device", "cpu", "--prices", prices)
    return ("--workspace", workspace, *model, "--threshold", 1, "--json")


def test_a_plan_asks_nothing_and_writes_nothing(
    cli: Cli, workspace_copy: Path, tiny_catalog: Path, prices: Path
) -> None:
    before = {path: path.read_bytes() for path in workspace_copy.iterdir() if path.is_file()}
    with OpenAIServer(script) as server:
        plan = cli("batch", "plan", tiny_catalog, *options(workspace_copy, server.base_url, prices))
        assert server.requests == []
    assert plan.code == OK
    assert (plan.document["rows"], plan.document["to_classify"], plan.document["sampled"]) == (90, 90, 90)
    after = {path: path.read_bytes() for path in workspace_copy.iterdir() if path.is_file()}
    assert all(path.name.startswith(DEFINITIONS) for path in after.keys() - before.keys())
    assert all(after[path] == content for path, content in before.items() if path.name != DEFINITIONS)


def test_the_run_takes_what_was_planned(
    cli: Cli, workspace_copy: Path, tiny_catalog: Path, prices: Path, tmp_path: Path
) -> None:
    """All rows are in the sample, so calls are exact; tokens once some have been measured."""
    out = tmp_path / "out"
    with OpenAIServer(script) as server:
        given = options(workspace_copy, server.base_url, prices)
        first = cli("batch", "plan", tiny_catalog, *given, "--limit", 45).document
        run = cli("batch", "run", tiny_catalog, *given, "--out", out, "--limit", 15)
        assert run.document["calls"] == len(server.requests)
        second = cli("batch", "plan", tiny_catalog, *given, "--out", out, "--limit", 45).document
        whole = cli("batch", "run", tiny_catalog, *given, "--out", out, "--limit", 45).document
        assert whole["calls"] == len(server.requests)
    assert first["definitions"]["expected"] >= 5  # nearly all of the six, with ten candidates a product
    assert first["calls"]["expected"] == pytest.approx(whole["calls"], abs=1)
    assert second["done"] == 15
    left = {name: whole[name] - run.document[name] for name in ("calls", "tokens_in", "tokens_out", "cost")}
    for name, taken in left.items():
        assert second[name]["expected"] == pytest.approx(taken, rel=0.02), name
    assert any("deliberations made before" in note for note in second["notes"])


def test_without_a_language_model_nothing_is_asked(cli: Cli, workspace_dir: Path, tiny_catalog: Path) -> None:
    plan = cli(
        "batch",
        "plan",
        tiny_catalog,
        "--workspace",
        workspace_dir,
        "--llm",
        "none",
        "--device",
        "cpu",
        "--json",
    ).document
    assert plan["calls"]["high"] == plan["tokens_in"]["high"] == plan["cost"]["expected"] == 0.0
    assert plan["seconds"]["expected"] > 0


def test_the_share_that_stops_at_the_gate_is_that_of_the_run(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    expert = DomainExpert.open(Workspace(workspace_dir), device="cpu")
    products = [item.product for item in read_catalog(tiny_catalog) if isinstance(item, Row)]
    middle = float(np.median([r.confidence for r in expert(products)]))
    given = (
        "--workspace",
        workspace_dir,
        "--llm",
        "none",
        "--device",
        "cpu",
        "--json",
        "--threshold",
        middle,
    )
    plan = cli("batch", "plan", tiny_catalog, *given).document
    run = cli("batch", "run", tiny_catalog, *given, "--out", tmp_path / "out").document
    assert 0 < run["statuses"]["review"] < 90
    assert plan["deliberations"] == dict.fromkeys(("low", "expected", "high"), run["statuses"]["review"])
    assert plan["accepted"]["expected"] == pytest.approx(run["shares"]["accepted"])


def test_the_embedded_model_is_planned_with_its_own_tokenizer(
    cli: Cli, workspace_copy: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    given = (
        "--workspace",
        workspace_copy,
        "--llm",
        "embedded",
        "--device",
        "cpu",
        "--threshold",
        1,
        "--no-explain",
    )
    cli("define", "--workspace", workspace_copy, "--llm", "none")
    plan = cli("batch", "plan", tiny_catalog, *given, "--limit", 2, "--json").document
    assert any("own tokenizer" in note for note in plan["notes"])
    assert plan["cost"]["expected"] == 0.0
    run = cli(
        "batch", "run", tiny_catalog, *given, "--limit", 2, "--out", tmp_path / "out", "--json"
    ).document
    asked = run["statuses"].get("deliberated", 0) + run["statuses"].get("review", 0)
    assert plan["deliberations"]["expected"] == asked == 2
    # The first pays for the content-free items, the second has the same candidates.
    assert plan["calls"]["expected"] == run["calls"] == asked + len(CONTENT_FREE)
    assert plan["tokens_in"]["expected"] == pytest.approx(run["tokens_in"])


def test_a_price_table_that_is_wrong_is_told(
    cli: Cli, workspace_dir: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "p.toml"
    wrong.write_text('[models."fake"]\ninput = "much"\noutput = 0.0\n', "utf-8")
    outcome = cli("batch", "plan", tiny_catalog, *options(workspace_dir, "http://127.0.0.1:1/v1", wrong))
    assert outcome.code == COULD_NOT_RUN
    assert "`models.fake.input` is 'much'" in outcome.document["error"]["message"]


def test_people_get_a_table(cli: Cli, workspace_dir: Path, tiny_catalog: Path) -> None:
    shown = cli(
        "batch",
        "plan",
        tiny_catalog,
        "--workspace",
        workspace_dir,
        "--llm",
        "none",
        "--device",
        "cpu",
        "--sample",
        20,
    )
    assert shown.code == OK
    for word in ("stop at the gate", "calls", "tokens in", "cost", "From 20 products"):
        assert word in shown.stdout
