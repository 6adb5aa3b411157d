import numpy as np

from taxonomy.compare.mapping import map_taxonomy
from taxonomy.node import Node
from tests.taxonomy.trees import tree_of

SHOP = ("Baby > Diapers", "Kitchen > Pressure Cooker", "Kitchen > Cookware Sets", "Magic > Unheard Of")
GOOGLE = (
    "Baby & Toddler > Diapering > Diapers",
    "Home > Kitchen > Pressure Cookers",
    "Home > Kitchen > Cookware Sets",
    "Home > Kitchen > Knives",
    "Toys > Balls",
)


def test_the_same_name_is_exact_and_accepted() -> None:
    best = {
        one.old_path: one
        for one in map_taxonomy(tree_of(SHOP), tree_of(GOOGLE))
        if one.status != "alternative"
    }
    cookers = best["Kitchen > Pressure Cooker"]
    assert (cookers.relation, cookers.new_path) == ("exact", "Home > Kitchen > Pressure Cookers")
    assert best["Kitchen > Cookware Sets"].status == "accepted"
    assert "best both ways" in cookers.evidence


def test_what_has_no_like_is_left_open() -> None:
    links = [
        one for one in map_taxonomy(tree_of(SHOP), tree_of(GOOGLE)) if one.old_path == "Magic > Unheard Of"
    ]
    assert [(one.relation, one.new_path, one.status) for one in links] == [("none", "", "review")]


def test_every_leaf_has_one_answer_and_alternatives_carry_nothing() -> None:
    links = map_taxonomy(tree_of(SHOP), tree_of(GOOGLE))
    answers = [one.old_path for one in links if one.status != "alternative"]
    assert sorted(answers) == sorted(SHOP)


def test_an_inner_category_is_a_broad_answer() -> None:
    (best, *_) = map_taxonomy(tree_of(["Shop > Kitchen"]), tree_of(GOOGLE))
    assert (best.relation, best.new_path) == ("broad", "Home > Kitchen")


def test_an_encoder_bridges_languages() -> None:
    meanings = {"Windeln": 0, "Diapers": 0, "Bälle": 1, "Balls": 1}

    def encode(nodes: list[Node]) -> np.ndarray:
        vectors = np.zeros((len(nodes), 3), np.float32)
        vectors[np.arange(len(nodes)), [meanings.get(node.name, 2) for node in nodes]] = 1
        return vectors

    links = map_taxonomy(tree_of(["Kind > Windeln", "Kind > Bälle"]), tree_of(GOOGLE), encode=encode)
    best = {one.old_path: one.new_path for one in links if one.status != "alternative"}
    assert best["Kind > Windeln"] == GOOGLE[0]
    assert best["Kind > Bälle"] == "Toys > Balls"
