"""The taxonomy of a migrated workspace: which category stands where, and what became of each old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.errors import TaxonomyError
from retrieval.sources.relabelled import GONE
from retrieval.taxonomy import Category, Taxonomy, derived_id
from taxonomy.crosswalk import Carried, Crosswalk
from taxonomy.tree import Tree


@dataclass(frozen=True)
class MigrationPlan:
    """Attributes:
    taxonomy: of the migrated workspace; carried categories in their old order, new ones behind them.
    now: position there of each old category, `GONE` where a person must choose.
    """

    old: Taxonomy
    taxonomy: Taxonomy
    now: Sequence[int]

    def then(self, position: int) -> list[int]:
        """Positions of the old categories that became this one."""
        return self._groups[position]

    @cached_property
    def _groups(self) -> list[list[int]]:
        groups: list[list[int]] = [[] for _ in range(len(self.taxonomy))]
        for old, new in enumerate(self.now):
            if new != GONE:
                groups[new].append(old)
        return groups


def plan_migration(old: Taxonomy, crosswalk: Crosswalk, tree: Tree | None) -> MigrationPlan:
    """Lay the old categories over the crosswalk.

    Args:
        tree: the new taxonomy, for names and descriptions; None leaves what the old ones had.

    Raises:
        TaxonomyError: the crosswalk knows none of the categories.
    """
    carried = [_carried(one, crosswalk) for one in old.categories]
    if not any(one.target or one.choices for one in carried):
        raise TaxonomyError(
            f"The crosswalk leads none of the workspace's {len(old):,} categories anywhere.",
            fix="Compare the taxonomy that the workspace has: `dual-expert taxonomy diff WORKSPACE NEW`.",
        )
    made: dict[str, Category] = {}
    for category, one in zip(old.categories, carried, strict=True):
        if one.target:
            made.setdefault(one.target, _category(one.target, one.target_id, category, tree))
    for path, category_id in crosswalk.new_leaves.items():
        made.setdefault(path, _category(path, category_id, None, tree))
    places = {path: position for position, path in enumerate(made)}
    now = [places[one.target] if one.target else GONE for one in carried]
    inner = Taxonomy.from_tree(tree).inner if tree else old.inner
    return MigrationPlan(old, Taxonomy(made.values(), inner), now)


def _carried(category: Category, crosswalk: Crosswalk) -> Carried:
    """By path, as labels are; by id where the path is spelled otherwise."""
    by_path = crosswalk.carry(category.category_path)
    return by_path if by_path.target or by_path.choices else crosswalk.carry(category.category_id)


def _category(path: str, category_id: str, old: Category | None, tree: Tree | None) -> Category:
    node = tree.get(path) if tree else None
    if node is not None:
        return Category(
            category_id=node.category_id, category_path=path, names=node.names, description=node.description
        )
    made = Category(category_id=category_id or derived_id(path), category_path=path)
    if old is None or old.leaf != made.leaf:
        return made
    return made.model_copy(update={"names": old.names, "description": old.description})
