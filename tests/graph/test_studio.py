import asyncio
import importlib
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from catalog.errors import SettingsError
from graph import studio
from graph.context import Context
from graph.verdict import Verdict

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _opened_anew():
    studio._opened.cache_clear()
    yield
    studio._opened.cache_clear()


@pytest.fixture
def graph(workspace_dir, monkeypatch):
    """As `langgraph.json` names it, opened as its server does."""
    monkeypatch.setenv(studio.WORKSPACE_VARIABLE, str(workspace_dir))
    monkeypatch.setenv("DUAL_EXPERT_LLM", "none")
    file, _, name = json.loads((ROOT / "langgraph.json").read_text("utf-8"))["graphs"][
        "dual-expert"
    ].partition(":")
    module = importlib.import_module(file.removeprefix("./").removesuffix(".py").replace("/", "."))
    return asyncio.run(getattr(module, name)())


def test_a_typed_product_gets_its_verdict_as_plain_json(graph):
    found = asyncio.run(graph.ainvoke({"title": "Orthopaedic dog bed"}, context=Context(threshold=0.0)))
    verdict = Verdict.model_validate(json.loads(json.dumps(found["verdict"])))
    assert (verdict.category_path, verdict.status) == ("Pet Supplies > Dogs > Dog Beds", "accepted")


def test_the_input_is_small_and_typed(graph):
    asked = graph.get_input_jsonschema()
    assert set(asked["properties"]) == {"title", "description", "bullets", "brand", "locale"}
    assert asked["required"] == ["title"]
    with pytest.raises(ValidationError):
        graph.invoke({"title": ""}, context=Context())


def test_it_draws_the_nodes_of_the_graph_it_wraps(graph):
    assert {"read", "answer"} < set(graph.get_graph(xray=1).nodes)
    assert any(node.endswith("recommend") for node in graph.get_graph(xray=1).nodes)


def test_it_is_opened_once(graph):
    assert asyncio.run(studio.graph()) is graph


def test_without_a_workspace_the_fix_is_said(monkeypatch):
    monkeypatch.delenv(studio.WORKSPACE_VARIABLE, raising=False)
    with pytest.raises(SettingsError, match=studio.WORKSPACE_VARIABLE):
        asyncio.run(studio.graph())
