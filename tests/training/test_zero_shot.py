"""From a taxonomy alone, then with a few labels: what is reachable, and what nobody knows yet."""

import json
from pathlib import Path

import numpy as np
import pytest

from agents.domain_expert import DomainExpert
from app.exits import COULD_NOT_RUN, OK
from catalog.errors import CatalogError
from catalog.product import Product
from catalog.progress import Silent
from catalog.reader import read_catalog
from catalog.split import read_split
from graph.build import build_graph
from graph.context import Context
from graph.open import Opening, open_experts, open_summarizer
from retrieval.taxonomy import Category, Taxonomy
from retrieval.workspace import Workspace
from tests.conftest import Cli
from training.recipes import recipe_named
from training.train import TrainingJob, train

EMPTY = "Garden > Garden Hoses"


@pytest.fixture(scope="module")
def taxonomy_file(tiny_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small catalog's categories, one of them with a German name, and one that has no product."""
    paths = {p for row in read_catalog(tiny_catalog, labelled=True) for p in row.product.category_paths}
    own = Taxonomy.from_paths(paths).categories
    new = Category(category_id="hoses", category_path=EMPTY, names={"de": "Gartenschlauch"})
    file = tmp_path_factory.mktemp("taxonomy") / "taxonomy.json"
    Taxonomy([*own, new]).save(file)
    return file


def trained(
    name: str, folder: Path, taxonomy: Path, catalog: Path | None = None, **more: object
) -> Workspace:
    recipe = recipe_named(name, {"encoder": "embedded", "target_accuracy": 0.6})
    train(TrainingJob(catalog, folder, recipe, {}, taxonomy=taxonomy, device="cpu", **more), Silent())
    return Workspace(folder)


@pytest.fixture(scope="module")
def started(taxonomy_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return trained("zero-shot", tmp_path_factory.mktemp("started") / "ws", taxonomy_file)


def test_without_a_label_every_category_is_found_by_its_names(started: Workspace) -> None:
    expert = DomainExpert.open(started, device="cpu")
    paths = [category.category_path for category in expert.taxonomy.categories]
    for title in ("Flexible garden hose 20 m", "Gartenschlauch"):
        (found,) = expert([Product(product_id="1", title=title)])
        assert found.candidates[0].category_path == EMPTY
        assert {c.category_path for c in found.candidates} <= set(paths)
        assert found.neighbours == ()


def test_without_a_label_the_gate_is_shut_and_says_how_many_would_open_it(started: Workspace) -> None:
    gate = started.gate()
    assert not gate.is_open
    assert gate.rows == 0
    # 0.6 ** 6 < 0.05: six right answers in a row.
    assert gate.rows_needed == 6
    assert "at least 6 labelled products" in gate.note
    assert "Nothing is known of their accuracy" in started.path("model_card.md").read_text("utf-8")


def test_without_a_label_definitions_come_from_the_path_and_its_siblings(started: Workspace) -> None:
    expert = DomainExpert.open(started, device="cpu")
    (definition,) = open_summarizer(started, expert, None).definitions(["hoses"])
    assert definition.method == "extractive"
    assert definition.text.startswith("Garden Hoses.")
    assert definition.example_ids == ()
    assert "Not here" in definition.text


@pytest.fixture(scope="module")
def few(
    taxonomy_file: Path, tiny_catalog: Path, tiny_split: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    folder = tmp_path_factory.mktemp("few") / "ws"
    return trained("few-labels", folder, taxonomy_file, tiny_catalog, split=tiny_split)


def test_a_few_labels_are_all_learnt_from_and_cross_fitted(few: Workspace, tiny_split: Path) -> None:
    used = sum(part in ("train", "validation") for part in read_split(tiny_split).values())
    counts = few.manifest.counts
    assert counts["train"] == counts["validation"] == used
    lines = few.path("validation.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == used
    assert few.gate().rows == used


def test_a_few_labels_beat_none(
    few: Workspace, started: Workspace, tiny_catalog: Path, tiny_split: Path
) -> None:
    part = read_split(tiny_split)
    rows = [row.product for row in read_catalog(tiny_catalog, labelled=True)]
    test = [product for product in rows if part[product.product_id] == "test"]

    def right(workspace: Workspace) -> int:
        answers = DomainExpert.open(workspace, device="cpu")(test)
        pairs = zip(answers, test, strict=True)
        return sum(a.candidates[0].category_path in p.category_paths for a, p in pairs)

    assert right(few) > right(started)


def test_a_category_without_a_label_stays_reachable_beside_labelled_ones(few: Workspace) -> None:
    (found,) = DomainExpert.open(few, device="cpu")([Product(product_id="1", title="Garden hose 20 m")])
    assert EMPTY in [candidate.category_path for candidate in found.candidates]


def test_held_out_rows_keep_what_their_levels_said(few: Workspace) -> None:
    rows = [json.loads(line) for line in few.path("validation.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        assert len(row["levels"]) == len(row["levels_right"]) == row["category_path"].count(" > ")
        assert row["levels"] == sorted(row["levels"], reverse=True)
        assert min(row["levels"], default=1) >= np.float32(row["confidence"]) - 1e-6
        # Where the leaf is right, everything above it is.
        assert all(row["levels_right"]) or not row["right"]


def test_too_few_labels_for_a_fit_leave_the_prior(
    taxonomy_file: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    rows = [row.product for row in read_catalog(tiny_catalog, labelled=True)]
    chosen = [rows[0], *[r for r in rows if r.category_paths != rows[0].category_paths][:3]]
    lines = [
        p.model_dump(include={"product_id", "title"}) | {"category_path": p.category_paths[0]} for p in chosen
    ]
    catalog = tmp_path / "few.jsonl"
    catalog.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    workspace = trained("few-labels", tmp_path / "ws", taxonomy_file, catalog)
    assert workspace.manifest.counts["train"] == len(chosen)
    assert not workspace.gate().is_open
    (answer,) = DomainExpert.open(workspace, device="cpu")([chosen[0]])
    assert answer.candidates[0].category_path in chosen[0].category_paths


def test_one_category_is_too_few_to_learn_from(
    taxonomy_file: Path, tiny_catalog: Path, tmp_path: Path
) -> None:
    row = next(iter(read_catalog(tiny_catalog, labelled=True))).product
    line = {"product_id": "1", "title": row.title, "category_path": row.category_paths[0]}
    (tmp_path / "one.jsonl").write_text(json.dumps(line), "utf-8")
    with pytest.raises(CatalogError, match="fewer than two categories"):
        trained("few-labels", tmp_path / "ws", taxonomy_file, tmp_path / "one.jsonl")


def test_there_must_be_something_to_start_from(tmp_path: Path) -> None:
    recipe = recipe_named("zero-shot", {"encoder": "embedded"})
    with pytest.raises(CatalogError, match="neither a catalog nor a taxonomy"):
        train(TrainingJob(None, tmp_path / "ws", recipe, {}, device="cpu"), Silent())


def test_verdicts_say_how_sure_each_level_is(few: Workspace) -> None:
    graph = build_graph(open_experts(Opening(few.folder, device="cpu")))
    product = Product(product_id="1", title="Memory foam dog bed")
    (verdict,) = graph.invoke({"products": [product]}, context=Context())["verdicts"]
    assert verdict.levels[-1].category_path == verdict.category_path
    assert verdict.levels[-1].confidence == verdict.confidence
    assert [level.category_path.count(" > ") for level in verdict.levels] == list(range(len(verdict.levels)))
    sure = [level.confidence for level in verdict.levels]
    assert sure == sorted(sure, reverse=True)


def test_the_command_starts_without_a_catalog(cli: Cli, taxonomy_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    made = cli("train", "--taxonomy", taxonomy_file, "--workspace", folder, "--device", "cpu", "--json")
    assert made.code == OK
    assert made.document["counts"]["train"] == 0
    assert made.document["gate_line"].startswith("Shut: no labelled product")
    shown = cli("gate", "--workspace", folder, "--json")
    assert (shown.code, shown.document["calibration"]) == (OK, None)
    refused = cli("gate", "--workspace", folder, "--target-accuracy", 0.8, "--json")
    assert refused.code == COULD_NOT_RUN
