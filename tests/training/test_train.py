"""Training end to end on the small catalog: whole or not at all, resumable, not done twice."""

import json
from contextlib import contextmanager

import numpy as np
import pytest

from catalog.errors import CatalogError, WorkspaceError
from catalog.progress import Silent
from catalog.reader import read_catalog
from retrieval.sources.head import Head
from retrieval.workspace import Workspace, building_folder
from review.corrections import Correction
from review.corrections_file import write_corrections
from training import checkpoint
from training.recipe import Recipe
from training.schedule import Schedule
from training.train import TrainingJob, train

RECIPE = Recipe(encoder="embedded", schedule=Schedule(epochs=2, batch_size=16), target_accuracy=0.6)


class Killed(BaseException):
    """What a kill looks like from inside."""


class Listener(Silent):
    """Remembers what was said, and kills fine-tuning after some steps when asked to."""

    def __init__(self, kill_after=None):
        self.said = []
        self._left = kill_after

    def say(self, message):
        self.said.append(message)

    @contextmanager
    def task(self, name, total):
        def advance(steps):
            if name == "fine-tuning" and self._left is not None and steps:
                self._left -= steps
                if self._left <= 0:
                    raise Killed

        yield advance


@pytest.fixture
def job(tiny_catalog, tiny_split, tmp_path):
    def make(**changes):
        fields = {
            "catalog": tiny_catalog,
            "workspace": tmp_path / "ws",
            "recipe": RECIPE,
            "columns": {},
            "split": tiny_split,
            "device": "cpu",
        }
        return TrainingJob(**(fields | changes))

    return make


def test_a_killed_run_ends_where_an_unbroken_one_does(job, workspace_dir, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    with pytest.raises(Killed):
        train(job(), Listener(kill_after=5))
    assert not job().workspace.exists()
    listener = Listener()
    train(job(), listener)
    assert any("continuing fine-tuning at step 4" in said for said in listener.said)
    resumed, whole = (Head.load(folder / "head.safetensors") for folder in (job().workspace, workspace_dir))
    np.testing.assert_allclose(resumed.weights, whole.weights, atol=1e-3)
    assert not building_folder(job().workspace).exists()


def test_a_checkpoint_of_other_inputs_is_not_continued(job, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    with pytest.raises(Killed):
        train(job(), Listener(kill_after=3))
    listener = Listener(kill_after=2)
    with pytest.raises(Killed):
        train(job(recipe=RECIPE.model_copy(update={"seed": 1})), listener)
    assert not any("continuing" in said for said in listener.said)


def test_the_same_inputs_are_not_trained_twice(job, workspace_dir):
    summary = train(job(workspace=workspace_dir), Listener(kill_after=1))
    assert summary.reused
    assert summary.counts["train"] == 54


def test_a_folder_that_is_no_workspace_is_never_replaced(job, tmp_path):
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(WorkspaceError, match="not a workspace"):
        train(job(), Silent())
    assert (tmp_path / "ws" / "thesis.txt").read_text("utf-8") == "mine"


def test_corrections_change_what_is_learnt(job, tiny_catalog, tmp_path):
    products = [row.product for row in read_catalog(tiny_catalog, columns={}, labelled=True)]
    wrong = products[0]
    other = next(p.category_paths[0] for p in products if p.category_paths != wrong.category_paths)
    right = Correction(
        product_id=wrong.product_id,
        old_category_path=wrong.category_paths[0],
        new_category_path=other,
        source="review",
    )
    file = tmp_path / "corrections.csv"
    write_corrections(file, [right, right.model_copy(update={"product_id": "nobody"})])
    listener = Listener(kill_after=1)
    with pytest.raises(Killed):
        train(job(corrections=file), listener)
    assert "corrections: 1 applied, 1 unknown product" in listener.said
    assert any("nobody" in said for said in listener.said)


def test_too_few_rows_are_refused_with_their_number(job, tmp_path):
    catalog = tmp_path / "few.csv"
    catalog.write_text("product_id,title,category_path\n1,Dog bed,Pets\n2,Hose,Garden\n", "utf-8")
    with pytest.raises(CatalogError, match=r"few\.csv.* leaves 2 rows|few\.csv.* leaves"):
        train(job(catalog=catalog, split=None), Silent())


def test_rows_of_an_unknown_category_are_listed_and_the_rest_is_trained(job, tiny_catalog, tmp_path):
    lines = tiny_catalog.read_text("utf-8").splitlines()
    catalog = tmp_path / "with_bad_row.csv"
    catalog.write_text("\n".join([*lines, "x-1,,,Pet Supplies > Dogs > Dog Beds,en-US"]) + "\n", "utf-8")
    with pytest.raises(Killed):
        train(job(catalog=catalog), Listener(kill_after=1))
    one_epoch = RECIPE.model_copy(update={"schedule": Schedule(epochs=1)})
    summary = train(job(catalog=catalog, recipe=one_epoch), Silent())
    assert summary.counts["error_rows"] == 1
    (error,) = map(json.loads, (job().workspace / "training_errors.jsonl").read_text("utf-8").splitlines())
    assert (error["number"], error["kind"]) == (len(lines), "empty_title")


def test_the_workspace_holds_no_pickle_and_its_card_says_what_it_is(workspace_dir):
    names = {p.name for p in workspace_dir.rglob("*") if p.is_file()}
    assert not {n for n in names if n.endswith((".pkl", ".pickle", ".pt", ".bin", ".joblib"))}
    assert {"model_card.md", "workspace.json", "gate.json", "scorer.json", "taxonomy.json"} <= names
    card = (workspace_dir / "model_card.md").read_text("utf-8")
    assert "Fusion weights" in card
    assert Workspace(workspace_dir).manifest.inputs["catalog"] in card
