import pytest

from catalog.errors import TaxonomyError
from taxonomy.node import Node
from taxonomy.search import find, outline
from taxonomy.tree import Tree
from tests.taxonomy.trees import tree_of

PATHS = ("Toys > Balls > Footballs", "Toys > Balls > Beach Balls", "Toys > Cubes", "Books")


def test_who_stands_where() -> None:
    tree = tree_of(PATHS)
    balls = tree.require("Toys > Balls")
    assert [one.name for one in tree.children()] == ["Toys", "Books"]
    assert [one.name for one in tree.children(balls.category_id)] == ["Footballs", "Beach Balls"]
    assert [one.name for one in tree.siblings(balls)] == ["Cubes"]
    assert [one.name for one in tree.leaves_below(tree.require("Toys"))] == [
        "Footballs",
        "Beach Balls",
        "Cubes",
    ]


def test_a_contradiction_is_refused() -> None:
    with pytest.raises(TaxonomyError, match="stands twice"):
        Tree([Node(category_id="a", category_path="A"), Node(category_id="b", category_path="A")])
    with pytest.raises(TaxonomyError, match="missing"):
        Tree([Node(category_id="a", category_path="X > A", parents=("x",))])


def test_an_unknown_category() -> None:
    with pytest.raises(TaxonomyError, match="not among the"):
        tree_of(PATHS).require("Games")


def test_the_name_is_found_before_the_path() -> None:
    found = find(tree_of(PATHS), "balls", 3)
    assert [one.category_path for one in found] == [
        "Toys > Balls",
        "Toys > Balls > Footballs",
        "Toys > Balls > Beach Balls",
    ]
    assert find(tree_of(PATHS), "nowhere", 3) == []


def test_the_outline_says_what_it_cuts() -> None:
    assert list(outline(tree_of(PATHS), None, 1)) == ["Toys  (3 leaves)", "Books"]
    assert list(outline(tree_of(PATHS), None, 2)) == ["Toys", "  Balls  (2 leaves)", "  Cubes", "Books"]
