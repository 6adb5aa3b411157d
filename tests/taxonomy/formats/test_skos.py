from pathlib import Path

import pytest

from catalog.errors import TaxonomyError
from taxonomy.read import read_taxonomy

TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix : <https://shop.example/c/> .
:toys a skos:Concept ; skos:prefLabel "Toys"@en, "Spielzeug"@de ; skos:notation "1" .
:balls a skos:Concept ; skos:prefLabel "Balls"@en, "Bälle"@de ; skos:broader :toys ; skos:notation "2" ;
    skos:definition "Round."@en .
:cubes a skos:Concept ; skos:prefLabel "Cubes"@en ; skos:notation "3" .
:toys skos:narrower :cubes .
"""


def test_concepts_with_names_in_languages(tmp_path: Path) -> None:
    file = tmp_path / "t.ttl"
    file.write_text(TURTLE, "utf-8")
    tree = read_taxonomy([file]).tree
    assert tree is not None
    assert {node.category_id: node.category_path for node in tree} == {
        "1": "Toys",
        "2": "Toys > Balls",
        "3": "Toys > Cubes",
    }
    assert tree.require("2").names == {"en": "Balls", "de": "Bälle"}
    assert tree.require("2").description == "Round."


def test_without_notations_the_address_gives_the_id(tmp_path: Path) -> None:
    file = tmp_path / "t.ttl"
    file.write_text(TURTLE.replace('; skos:notation "3"', ""), "utf-8")
    tree = read_taxonomy([file]).tree
    assert tree is not None
    assert {node.category_id for node in tree} == {"toys", "balls", "cubes"}


def test_a_second_parent_is_kept_and_told(tmp_path: Path) -> None:
    file = tmp_path / "t.ttl"
    file.write_text(TURTLE + ":cubes skos:broader :balls .", "utf-8")
    read = read_taxonomy([file])
    assert read.tree is not None
    assert read.tree.require("3").parents == ("2", "1")
    assert [one.kind for one in read.findings] == ["several_parents"]


def test_a_parent_outside_the_file_is_an_orphan(tmp_path: Path) -> None:
    file = tmp_path / "t.ttl"
    file.write_text(TURTLE + ":toys skos:broader <https://other.example/x> .", "utf-8")
    read = read_taxonomy([file])
    assert read.tree is None
    assert {one.kind for one in read.findings} == {"orphan"}


def test_what_is_not_rdf(tmp_path: Path) -> None:
    file = tmp_path / "t.ttl"
    file.write_text("no turtle at all", "utf-8")
    with pytest.raises(TaxonomyError, match=r"t\.ttl"):
        read_taxonomy([file])
