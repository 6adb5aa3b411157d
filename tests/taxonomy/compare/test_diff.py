import pytest

from taxonomy.compare.diff import diff
from taxonomy.crosswalk import Crosswalk, Link
from tests.taxonomy.trees import tree_of

OLD = (
    "Food > Tea & Coffee",
    "Food > Bread",
    "Food > Sweet Wine",
    "Toys > Balls",
    "Toys > Wooden Cubes",
    "Garden > Hoses",
    "Garden > Chef's Knives",
)


def link(links: list[Link], old_path: str) -> Link:
    (found,) = [one for one in links if one.old_path == old_path and one.status != "alternative"]
    return found


def test_nothing_changed() -> None:
    links = diff(tree_of(OLD), tree_of(OLD))
    assert {(one.relation, one.status, one.confidence) for one in links} == {("same", "accepted", 1.0)}


def test_a_renamed_leaf_is_found_without_ids() -> None:
    new = [path.replace("Wooden Cubes", "Wooden Building Cubes") for path in OLD]
    found = link(diff(tree_of(OLD), tree_of(new)), "Toys > Wooden Cubes")
    assert (found.relation, found.new_path) == ("renamed", "Toys > Wooden Building Cubes")
    assert "name 0." in found.evidence


def test_children_follow_a_renamed_parent() -> None:
    new = [path.replace("Garden", "Outdoor & Gardening") for path in OLD]
    found = diff(tree_of(OLD), tree_of(new))
    assert link(found, "Garden").relation == "renamed"
    assert link(found, "Garden > Hoses").relation == "follows"
    assert link(found, "Garden > Hoses").new_path == "Outdoor & Gardening > Hoses"


def test_a_moved_leaf() -> None:
    new = [path.replace("Garden > Chef's Knives", "Food > Chef's Knives") for path in OLD]
    found = link(diff(tree_of(OLD), tree_of(new)), "Garden > Chef's Knives")
    assert (found.relation, found.new_path) == ("moved", "Food > Chef's Knives")


def test_a_split_by_its_name_waits_for_a_person() -> None:
    new = [*OLD[1:], "Food > Tea", "Food > Coffee"]
    found = [one for one in diff(tree_of(OLD), tree_of(new)) if one.old_path == "Food > Tea & Coffee"]
    assert {(one.relation, one.new_path, one.status) for one in found} == {
        ("split", "Food > Tea", "review"),
        ("split", "Food > Coffee", "review"),
    }


def test_a_leaf_that_got_children_is_split() -> None:
    new = [*OLD[:3], "Toys > Balls > Footballs", "Toys > Balls > Beach Balls", *OLD[4:]]
    found = [one for one in diff(tree_of(OLD), tree_of(new)) if one.old_path == "Toys > Balls"]
    assert {one.relation for one in found} == {"split"}
    assert len(found) == 2


def test_a_merge_by_its_name() -> None:
    old, new = ("Food > Tea", "Food > Coffee", "Food > Rice"), ("Food > Tea & Coffee", "Food > Rice")
    found = diff(tree_of(old), tree_of(new))
    assert {link(found, path).new_path for path in old[:2]} == {"Food > Tea & Coffee"}
    assert {link(found, path).relation for path in old[:2]} == {"merged"}


def test_removed_and_added() -> None:
    new = [path for path in OLD if path != "Food > Bread"] + ["Music > Violins"]
    found = diff(tree_of(OLD), tree_of(new))
    assert link(found, "Food > Bread").relation == "removed"
    assert link(found, "Food > Bread").status == "review"
    assert [one.new_path for one in found if one.relation == "added"] == ["Music", "Music > Violins"]


def test_products_tell_what_names_do_not() -> None:
    new = [path.replace("Sweet Wine", "Liqueurs") for path in OLD]
    labels = {str(i): ("Food > Sweet Wine",) for i in range(5)}
    moved = dict.fromkeys(labels, ("Food > Liqueurs",))
    without = link(diff(tree_of(OLD), tree_of(new)), "Food > Sweet Wine")
    with_them = link(
        diff(tree_of(OLD), tree_of(new), old_labels=labels, new_labels=moved), "Food > Sweet Wine"
    )
    assert without.new_path != "Food > Liqueurs"
    assert with_them.new_path == "Food > Liqueurs"
    assert "100% of 5 shared products" in with_them.evidence


def test_products_show_a_split_that_kept_the_name() -> None:
    new = [*OLD, "Toys > Rubber Things"]
    old_labels = {str(i): ("Toys > Balls",) for i in range(10)}
    new_labels = {key: ("Toys > Balls",) if int(key) < 6 else ("Toys > Rubber Things",) for key in old_labels}
    found = diff(tree_of(OLD), tree_of(new), old_labels=old_labels, new_labels=new_labels)
    shares = {one.new_path: one.confidence for one in found if one.old_path == "Toys > Balls"}
    assert shares == {"Toys > Balls": 0.6, "Toys > Rubber Things": 0.4}


def test_ids_carry_where_they_are_the_same_on_both_sides() -> None:
    ids = {path: f"i{n}" for n, path in enumerate(OLD)}
    renamed = "Food > Something Else"
    new = [renamed if path == "Food > Bread" else path for path in OLD]
    found = diff(tree_of(OLD, ids), tree_of(new, {**ids, renamed: ids["Food > Bread"]}))
    assert link(found, "Food > Bread").new_path == renamed
    assert "same id" in link(found, "Food > Bread").evidence


def test_ids_of_another_shop_are_not_believed() -> None:
    other = ["Cars > Tyres", "Cars > Wheels", "Books > Novels", "Books > Poems"]
    found = diff(
        tree_of(OLD, {path: str(n) for n, path in enumerate(OLD)}),
        tree_of(other, {path: str(n) for n, path in enumerate(other)}),
    )
    assert not any("same id" in one.evidence for one in found)


@pytest.mark.parametrize("new", [OLD[:4], (*OLD, "Music > Violins"), ("Other > Thing",)])
def test_every_old_category_has_a_link_and_every_new_leaf_is_known(new: tuple[str, ...]) -> None:
    old_tree, new_tree = tree_of(OLD), tree_of(new)
    crosswalk = Crosswalk(diff(old_tree, new_tree))
    assert {one.old_path for one in crosswalk.links if one.old_path} == set(old_tree.by_path)
    assert set(crosswalk.new_leaves) == {node.category_path for node in new_tree.leaves}
