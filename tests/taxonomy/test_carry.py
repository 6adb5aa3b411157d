"""No label is lost, whatever happens to the tree."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy.carry import Carrier, decisions_of, once_each
from taxonomy.cases_file import read_cases, write_cases
from taxonomy.compare.diff import diff
from taxonomy.crosswalk import Crosswalk, Link
from tests.taxonomy.trees import tree_of

WORDS = ("Tea", "Coffee", "Balls", "Hoses", "Knives", "Rice", "Mats", "Beds", "Cubes", "Lamps")
PATHS = [f"{root} > {word}" for root in ("Food", "Toys") for word in WORDS[:5]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["rename", "move", "merge", "split", "remove", "rename_parent", "add"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=12,
)


def changed(paths: list[str], step: tuple[str, int, int]) -> list[str]:
    """The leaves after one change; the last leaf always stays, since an empty tree is none."""
    what, i, j = step
    one, other = paths[i % len(paths)], paths[j % len(paths)]
    parent, _, name = one.rpartition(" > ")
    if what == "rename_parent":
        head = f"{parent} > "
        return [
            path.replace(head, f"{parent} New > ", 1) if path.startswith(head) else path for path in paths
        ]
    came = {
        "rename": [f"{parent} > {WORDS[j % len(WORDS)]} {name}"],
        "move": [f"Other > {name}"],
        "merge": [f"{parent} > {name} & {other.rpartition(' > ')[2]}"],
        "split": [f"{one} > {kind} {name}" for kind in ("Small", "Large")],
        "remove": [],
        "add": [one, f"Added > {WORDS[i % len(WORDS)]} {j}"],
    }[what]
    gone = {one, other} if what == "merge" else {one}
    return [*(path for path in paths if path not in gone), *came] or paths


def leaves(paths: list[str]) -> list[str]:
    """Each once, and none that stands above another."""
    each = list(dict.fromkeys(paths))
    return [path for path in each if not any(other.startswith(f"{path} > ") for other in each)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(STEPS)
def test_every_label_is_mapped_into_the_new_tree_or_open(steps: list[tuple[str, int, int]]) -> None:
    paths = PATHS
    for step in steps:
        paths = leaves(changed(paths, step))
    old, new = tree_of(PATHS), tree_of(paths)
    carrier = Carrier(Crosswalk(diff(old, new)))
    known = {node.category_path for node in new}
    for n, path in enumerate(PATHS):
        found = carrier.labels(f"p{n}", "", [path])
        assert len(found.paths) + len(found.open) == 1
        assert set(found.paths) <= known
        assert all(case.old_category_path == path for case in found.open)
        if path in paths:
            assert found.paths == (path,)


def link(old: str, new: str, status: str = "accepted") -> Link:
    return Link(old_path=old, new_path=new, relation="close", confidence=1, status=status)


def test_labels_that_became_one_stand_once() -> None:
    carrier = Carrier(Crosswalk([link("A", "C"), link("B", "C")]))
    assert carrier.labels("p", "", ["A", "B"]).paths == ("C",)


def test_a_decision_about_one_product_comes_before_the_crosswalk(tmp_path: Path) -> None:
    crosswalk = Crosswalk([link("A", "B", "review"), link("A", "C", "review")])
    (case,) = Carrier(crosswalk).labels("p", "Pan", ["A"]).open
    assert (case.choices, case.title) == ("B|C", "Pan")
    file = tmp_path / "review.csv"
    write_cases(file, [case.model_copy(update={"new_category_path": "C"})])
    decided = Carrier(crosswalk, decisions_of(read_cases(file)))
    assert decided.labels("p", "Pan", ["A"]).paths == ("C",)
    assert decided.labels("q", "Pan", ["A"]).open


def test_a_case_that_came_twice_stands_once() -> None:
    carrier = Carrier(Crosswalk([]))
    cases = [*carrier.labels("p", "", ["A"]).open, *carrier.labels("p", "", ["A"], "example").open]
    assert [one.origin for one in once_each(cases)] == ["label"]
