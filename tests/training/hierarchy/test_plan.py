import numpy as np

from retrieval.taxonomy import Taxonomy
from training.hierarchy.plan import make_plan

TAXONOMY = Taxonomy.from_paths(
    ["Books", "Garden > Hoses", "Garden > Seeds", "Home > Lamps > Desk", "Home > Rugs", "Toys > Dolls"]
)
# No row of Home > Rugs (4).
ROWS = np.array([1, 3, 2, 0, 5, 1])


def test_departments_are_roots_and_leaves_are_those_with_rows():
    plan = make_plan(ROWS, TAXONOMY, "shared")
    assert plan.record.positions == (0, 1, 2, 3, 5)
    assert plan.record.departments == (0, 1, 1, 2, 3)
    assert plan.department.paths == ["Books", "Garden", "Home", "Toys"]
    assert plan.department.classes.tolist() == [1, 2, 1, 0, 3, 1]
    assert plan.department.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert set(plan.department.groups.tolist()) == {0}


def test_a_leaf_alone_in_its_department_needs_no_network():
    plan = make_plan(ROWS, TAXONOMY, "shared")
    assert plan.record.networks == ((1, 2),)
    (leaves,) = plan.leaves
    assert leaves.rows.tolist() == [0, 2, 5]
    assert leaves.classes.tolist() == [0, 1, 0]
    assert leaves.paths == ["Garden > Hoses", "Garden > Seeds"]
    assert make_plan(np.array([0, 3, 5]), TAXONOMY, "shared").leaves == []


def test_a_shared_network_has_a_group_for_each_department_a_separate_one_has_one():
    rows = np.array([1, 2, 3, 4])
    (shared,) = make_plan(rows, TAXONOMY, "shared").leaves
    assert shared.groups.tolist() == [0, 0, 1, 1]
    separate = make_plan(rows, TAXONOMY, "separate")
    assert separate.record.networks == ((0, 1), (2, 3))
    assert [task.classes.tolist() for task in separate.leaves] == [[0, 1], [0, 1]]
    assert [task.rows.tolist() for task in separate.leaves] == [[0, 1], [2, 3]]
    assert len({task.name for task in (separate.department, *separate.leaves)}) == 3
