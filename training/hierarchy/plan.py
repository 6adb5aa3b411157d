"""Which classes there are at each level, and which row is of which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from retrieval.sources.hierarchy.record import HierarchyRecord
from retrieval.taxonomy import Taxonomy

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """What one network learns.

    Attributes:
        name: unique among the networks, fit for a folder.
        rows: numbers of the rows that it learns from.
        classes: class of each of them, from 0.
        paths: label path of each class, root first: a department's name, or a leaf's whole path.
        groups: group of each class; one class is told from those of its group only.
    """

    name: str
    rows: Ints
    classes: Ints
    paths: Sequence[str]
    groups: Ints


@dataclass(frozen=True)
class Plan:
    """The networks of a hierarchy; the record says how their answers fit together."""

    record: HierarchyRecord
    department: Task
    leaves: Sequence[Task]


def make_plan(positions: Ints, taxonomy: Taxonomy, leaf_networks: Literal["shared", "separate"]) -> Plan:
    """Plan for rows of these taxonomy positions, (n,)."""
    classes, of_row = np.unique(positions, return_inverse=True)
    leaves = [taxonomy[i] for i in classes.tolist()]
    names = sorted({leaf.department for leaf in leaves})
    departments = np.asarray([names.index(leaf.department) for leaf in leaves], dtype=np.int64)
    networks = _networks(departments, leaf_networks)
    record = HierarchyRecord(
        positions=tuple(classes.tolist()), departments=tuple(departments.tolist()), networks=networks
    )
    department = Task(
        name="department",
        rows=np.arange(len(positions)),
        classes=departments[of_row],
        paths=names,
        groups=np.zeros(len(names), dtype=np.int64),
    )
    paths = [leaf.category_path for leaf in leaves]
    tasks = [
        _leaf_task(f"leaves-{number}", columns, of_row, departments, paths)
        for number, columns in enumerate(networks)
    ]
    return Plan(record, department, tasks)


def _networks(departments: Ints, leaf_networks: Literal["shared", "separate"]) -> tuple[tuple[int, ...], ...]:
    """Leaf classes of each network; a class that is alone in its department needs none."""
    members = [np.flatnonzero(departments == number).tolist() for number in np.unique(departments)]
    several = [columns for columns in members if len(columns) > 1]
    if leaf_networks == "separate":
        return tuple(tuple(columns) for columns in several)
    together = sorted(column for columns in several for column in columns)
    return (tuple(together),) if together else ()


def _leaf_task(
    name: str, columns: tuple[int, ...], of_row: Ints, departments: Ints, paths: Sequence[str]
) -> Task:
    chosen = np.asarray(columns, dtype=np.int64)
    rows = np.flatnonzero(np.isin(of_row, chosen))
    return Task(
        name=name,
        rows=rows,
        classes=np.searchsorted(chosen, of_row[rows]),
        paths=[paths[column] for column in columns],
        groups=departments[chosen],
    )
