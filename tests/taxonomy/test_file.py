from pathlib import Path

import pytest

from catalog.errors import TaxonomyError
from retrieval.taxonomy import Taxonomy
from taxonomy.file import load_tree, save_tree
from taxonomy.node import Node
from taxonomy.read import read_taxonomy
from taxonomy.tree import Tree

TREE = Tree(
    [
        Node(category_id="1", category_path="Toys", names={"en": "Toys", "de": "Spielzeug"}, leaf=False),
        Node(
            category_id="2",
            category_path="Toys > Balls",
            parents=("1",),
            names={"en": "Balls", "de": "Bälle"},
            description="Round.",
        ),
    ],
    locale="en",
    source="google",
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    save_tree(TREE, file)
    loaded = load_tree(file)
    assert (loaded.nodes, loaded.locale, loaded.source) == (TREE.nodes, "en", "google")


def test_training_reads_its_leaves(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    save_tree(TREE, file)
    (balls,) = Taxonomy.load(file).categories
    assert (balls.category_id, balls.names["de"], balls.description) == ("2", "Bälle", "Round.")


def test_another_language_can_be_merged_later(tmp_path: Path) -> None:
    file, french = tmp_path / "t.jsonl", tmp_path / "t.fr-FR.txt"
    save_tree(TREE, file)
    french.write_text("1 - Jouets\n2 - Jouets > Ballons\n", "utf-8")
    tree = read_taxonomy([file, french]).tree
    assert tree is not None
    assert tree.require("2").names == {"en": "Balls", "de": "Bälle", "fr-FR": "Ballons"}
    assert tree.require("2").description == "Round."


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    save_tree(TREE, file)
    file.write_text("\n".join(file.read_text("utf-8").split("\n")[:2]), "utf-8")
    with pytest.raises(TaxonomyError, match="1 of 2"):
        load_tree(file)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    save_tree(TREE, file)
    file.write_text(file.read_text("utf-8").replace('"category_id": "2"', '"category_id": ""'), "utf-8")
    with pytest.raises(TaxonomyError, match="line 3"):
        load_tree(file)


def test_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    save_tree(TREE, file)
    file.write_text(file.read_text("utf-8").replace('"version":1', '"version":2'), "utf-8")
    with pytest.raises(TaxonomyError, match="of this version"):
        load_tree(file)
