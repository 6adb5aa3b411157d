"""The tree itself: what is imported is ours, and what the README shows is what there is."""

import importlib
import json
import re
from pathlib import Path

import pytest

from docs.draw import README, drawn_readme

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "agents",
    "app",
    "audit",
    "catalog",
    "evaluation",
    "experiments",
    "graph",
    "prompts",
    "retrieval",
    "review",
    "taxonomy",
    "training",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_the_package_that_is_imported_is_ours(name):
    """`agents` is another SDK's import name too."""
    assert Path(importlib.import_module(name).__path__[0]).resolve() == ROOT / name


def test_the_readme_shows_the_graph_as_it_is_wired():
    text = README.read_text("utf-8")
    assert text == drawn_readme(text)


def test_the_readme_names_every_folder():
    text = README.read_text("utf-8")
    for name in (*PACKAGES, "benchmarks", "tests", "docs", "requirements"):
        assert re.search(rf"^{name}/ ", text, re.MULTILINE), name


def test_langgraph_json_points_at_a_graph():
    file, _, name = json.loads((ROOT / "langgraph.json").read_text("utf-8"))["graphs"][
        "dual-expert"
    ].partition(":")
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_ci_calls_what_the_readme_names():
    commands = re.findall(r"^make [a-z]+", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert {"make demo", "make test"} <= set(commands)
    assert all(command in README.read_text("utf-8") for command in commands)


def test_the_lock_pins_what_pyproject_asks_for():
    lock = set((ROOT / "requirements" / "lock.txt").read_text("utf-8").lower().splitlines())
    asked = re.findall(
        r'^\s+"([a-z0-9-]+==[^"]+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    other = (
        "faiss-gpu",
        "vllm",
        "ray",
        "fasttext",
        "cleanlab",
        "langgraph-checkpoint-postgres",
        "psycopg",
        "mlflow",
        "sqlalchemy",
        "alembic",
        "opentelemetry",
        "nicegui",
    )
    assert [pin for pin in asked if not pin.startswith(other) and pin not in lock] == []


@pytest.mark.parametrize("folder", PACKAGES)
def test_dependencies_point_one_way(folder):
    """app → graph → agents → retrieval → catalog; training → retrieval; evaluation uses data only."""
    allowed = {
        "catalog": set(),
        "prompts": {"catalog"},
        "taxonomy": {"catalog"},
        "retrieval": {"catalog", "taxonomy"},
        "evaluation": {"catalog"},
        "review": {"catalog"},
        "audit": {"catalog", "retrieval"},
        "training": {"catalog", "retrieval", "review"},
        "agents": {"catalog", "retrieval", "prompts"},
        "graph": {"catalog", "retrieval", "prompts", "agents"},
        "experiments": {"catalog", "prompts", "agents", "graph", "evaluation"},
        "app": set(PACKAGES),
    }[folder] | {folder}
    for file in (ROOT / folder).rglob("*.py"):
        used = re.findall(r"^\s*(?:from|import) (\w+)", file.read_text("utf-8"), re.MULTILINE)
        assert set(used) & set(PACKAGES) <= allowed, file
