"""The tree: what it holds, what it finds, and in which order."""

from app.web.categories import PAGE, CategoryTree

PATHS = {
    "1": "Pet Supplies > Dogs > Dog Beds",
    "2": "Pet Supplies > Dogs > Dog Toys",
    "3": "Pet Supplies > Cats",
    "4": "Home > Bedding > Duvet Covers",
    "5": "Home > Bedding",
    "6": "Home > Bäder",
}
TREE = CategoryTree(PATHS)


def _paths(words: str) -> list[str]:
    return [branch.path for branch in TREE.search(words).branches if branch.hit]


def test_roots_come_in_order_with_what_is_below() -> None:
    found = TREE.children("")
    assert [(b.name, b.below, b.category_id) for b in found.branches] == [
        ("Home", 3, ""),
        ("Pet Supplies", 3, ""),
    ]


def test_a_branch_may_be_a_category_too() -> None:
    bedding = next(b for b in TREE.children("Home").branches if b.name == "Bedding")
    assert (bedding.category_id, bedding.below, bedding.depth) == ("5", 1, 1)


def test_unknown_branches_are_empty() -> None:
    assert TREE.children("No such").branches == ()


def test_search_shows_the_way_to_its_hits() -> None:
    found = TREE.search("dog beds")
    assert [(b.name, b.hit) for b in found.branches] == [
        ("Pet Supplies", False),
        ("Dogs", False),
        ("Dog Beds", True),
    ]
    assert found.total == 1


def test_search_ignores_case_and_takes_words_of_the_path() -> None:
    assert _paths("BÄDER") == ["Home > Bäder"]
    assert _paths("pet toys") == ["Pet Supplies > Dogs > Dog Toys"]
    assert _paths("nothing like it") == []


def test_words_above_alone_are_no_hit() -> None:
    assert _paths("supplies") == ["Pet Supplies"]


def test_no_words_are_the_roots() -> None:
    assert TREE.search("  · ") == TREE.children("")


def test_long_branches_come_in_pages() -> None:
    tree = CategoryTree({str(i): f"All > {i:04}" for i in range(PAGE + 5)})
    assert len(tree.children("All").branches) == PAGE
    assert [b.name for b in tree.children("All", PAGE).branches] == [f"{i:04}" for i in range(PAGE, PAGE + 5)]
    assert tree.children("All").total == PAGE + 5


def test_the_best_hits_are_those_that_begin_so() -> None:
    many = {str(i): f"A shelf for beds number {i}" for i in range(100)}
    tree = CategoryTree(many | {"x": "Beds"})
    hits = [b.path for b in tree.search("beds").branches if b.hit]
    assert "Beds" in hits
    assert tree.search("beds").total == 101
    assert len(hits) < 101


def test_deep_paths_do_not_exhaust_the_stack() -> None:
    deep = " > ".join(f"level {i}" for i in range(300))
    assert CategoryTree({"1": deep}).search("level 299").branches[-1].category_id == "1"
