"""The recipe follows from how many labels there are."""

import json
from pathlib import Path

import pytest

from catalog.errors import SettingsError
from training.suited import ENOUGH, suited_recipe

TAXONOMY = Path("taxonomy.json")


def catalog(folder: Path, counts: dict[str, int]) -> Path:
    rows = [
        {"product_id": f"{path}{i}", "title": "thing", "category_path": path}
        for path, count in counts.items()
        for i in range(count)
    ]
    file = folder / "catalog.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return file


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        ({"A": 5}, "zero-shot"),
        ({"A": ENOUGH - 1, "B": ENOUGH}, "few-labels"),
        ({"A": ENOUGH, "B": ENOUGH}, "best"),
    ],
)
def test_the_recipe_follows_the_labels(tmp_path: Path, counts: dict[str, int], name: str) -> None:
    assert suited_recipe(catalog(tmp_path, counts), TAXONOMY, columns={}, split=None) == name


def test_only_the_parts_that_training_learns_from_count(tmp_path: Path) -> None:
    file = catalog(tmp_path, {"A": ENOUGH, "B": ENOUGH})
    parts = [f"{path}{i},{'train' if i else 'test'}" for path in "AB" for i in range(ENOUGH)]
    (tmp_path / "split.csv").write_text("\n".join(["product_id,split", *parts]))
    assert suited_recipe(file, TAXONOMY, columns={}, split=tmp_path / "split.csv") == "few-labels"


def test_without_a_catalog_it_starts_from_the_taxonomy(tmp_path: Path) -> None:
    assert suited_recipe(None, TAXONOMY, columns={}, split=None) == "zero-shot"


def test_without_a_taxonomy_the_labels_are_all_there_is(tmp_path: Path) -> None:
    assert suited_recipe(tmp_path / "unread.csv", None, columns={}, split=None) == "best"


def test_there_must_be_something() -> None:
    with pytest.raises(SettingsError, match="neither"):
        suited_recipe(None, None, columns={}, split=None)
